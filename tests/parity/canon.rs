//! Canonical JSON: one text for each answer, whatever system gave it.
//!
//! Comes in: what a query gave back. Goes out: a `serde_json::Value` by [`Canon`], and its text by [`text`], with the
//! rules of the oracle's README: sorted keys, no blanks, floats rounded to four decimals.

use std::collections::HashMap;
use std::fmt::Write;

use eager_orm::prelude::*;
use eager_orm::{Deleted, Key, Record};
use serde_json::{Map, Value};

/// What becomes canonical JSON.
pub trait Canon {
    fn canon(&self) -> Value;
}

impl<T: Canon + ?Sized> Canon for &T {
    fn canon(&self) -> Value {
        (**self).canon()
    }
}

impl<T: Canon> Canon for Option<T> {
    fn canon(&self) -> Value {
        self.as_ref().map_or(Value::Null, Canon::canon)
    }
}

impl<T: Canon> Canon for [T] {
    fn canon(&self) -> Value {
        self.iter().map(Canon::canon).collect()
    }
}

impl<T: Canon> Canon for Vec<T> {
    fn canon(&self) -> Value {
        self.as_slice().canon()
    }
}

impl<T: Canon, const N: usize> Canon for [T; N] {
    fn canon(&self) -> Value {
        self.as_slice().canon()
    }
}

/// A dictionary: its keys become texts.
impl<T: Canon> Canon for HashMap<i64, T> {
    fn canon(&self) -> Value {
        self.iter().map(|(key, value)| (key.to_string(), value.canon())).collect()
    }
}

impl Canon for Value {
    fn canon(&self) -> Value {
        self.clone()
    }
}

macro_rules! plain {
    ($($type:ty),*) => {$(
        impl Canon for $type {
            fn canon(&self) -> Value {
                Value::from(self.clone())
            }
        }
    )*};
}
plain!(bool, i32, i64, u32, u64, usize, f64, String);

impl Canon for str {
    fn canon(&self) -> Value {
        Value::from(self)
    }
}

impl Canon for Date {
    fn canon(&self) -> Value {
        self.to_string().into()
    }
}

impl Canon for DateTime {
    fn canon(&self) -> Value {
        self.to_string().into()
    }
}

impl Canon for Time {
    fn canon(&self) -> Value {
        self.to_string().into()
    }
}

/// A foreign key is its key: `album_id`.
impl<T: Model> Canon for ForeignKey<T>
where
    T::Key: Canon + Key,
{
    fn canon(&self) -> Value {
        self.key().canon()
    }
}

/// A date and time in a record is the text that is stored, with a blank where JSON has a `T`.
impl Canon for Record {
    fn canon(&self) -> Value {
        let value = |value| match serde_json::to_value(value).unwrap() {
            Value::String(text) => match text.parse::<DateTime>() {
                Ok(time) if text.len() == "2021-01-01 00:00:00".len() => time.canon(),
                _ => Value::String(text),
            },
            value => value,
        };
        self.iter().map(|(name, scalar)| (name.to_owned(), value(scalar))).collect()
    }
}

/// A delete: how many rows, and how many of each model.
impl Canon for Deleted {
    fn canon(&self) -> Value {
        let per_model: Map<String, Value> =
            self.per_model.iter().map(|(model, rows)| (model.clone(), (*rows).into())).collect();
        Value::Array(vec![self.total.into(), per_model.into()])
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        #[allow(non_snake_case, reason = "the type parameters' names serve as the elements' too")]
        impl<$($name: Canon),*> Canon for ($($name,)*) {
            fn canon(&self) -> Value {
                let ($($name,)*) = self;
                Value::Array(vec![$($name.canon()),*])
            }
        }
    };
}
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);

/// An object of a row's fields and of values by name: `shape!(track; id, name, album = shape!(album; title))`.
macro_rules! shape {
    (@ $row:expr, $name:ident) => { $crate::canon::Canon::canon(&$row.$name) };
    (@ $row:expr, $name:ident, $value:expr) => { $crate::canon::Canon::canon(&$value) };
    ($row:expr; $($name:ident $(= $value:expr)?),* $(,)?) => {
        $crate::canon::object([$((stringify!($name), $crate::canon::shape!(@ $row, $name $(, $value)?))),*])
    };
}
pub(crate) use shape;

/// The same for each of several rows: `shapes!(&tracks, track; id, name)`.
macro_rules! shapes {
    ($rows:expr, $row:ident; $($shape:tt)*) => {{
        let mut list = Vec::new();
        for $row in $rows {
            list.push($crate::canon::shape!($row; $($shape)*));
        }
        serde_json::Value::Array(list)
    }};
}
pub(crate) use shapes;

/// An object of variables and of values by name: `named!(n, name = artist.name)`.
macro_rules! named {
    (@ $name:ident) => { $crate::canon::Canon::canon(&$name) };
    (@ $name:ident, $value:expr) => { $crate::canon::Canon::canon(&$value) };
    ($($name:ident $(= $value:expr)?),* $(,)?) => {
        $crate::canon::object([$((stringify!($name), $crate::canon::named!(@ $name $(, $value)?))),*])
    };
}
pub(crate) use named;

/// The same for each of several rows, taken apart by a pattern: `rows!(groups, (country, n) => country, n)`.
macro_rules! rows {
    ($rows:expr, $row:pat => $($shape:tt)*) => {{
        let mut list = Vec::new();
        for $row in $rows {
            list.push($crate::canon::named!($($shape)*));
        }
        serde_json::Value::Array(list)
    }};
}
pub(crate) use rows;

pub fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The rows in the order of a key: for relations that the query does not order.
pub fn sorted<T, K: Ord>(rows: &[T], key: impl Fn(&T) -> K) -> Vec<&T> {
    let mut rows: Vec<&T> = rows.iter().collect();
    rows.sort_by_key(|row| key(row));
    rows
}

/// The canonical text of a value.
pub fn text(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value);
    text
}

fn write(text: &mut String, value: &Value) {
    match value {
        Value::Array(values) => list(text, '[', ']', values, write),
        Value::Object(entries) => {
            let entries: &Map<String, Value> = entries;
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(name, _)| *name);
            list(text, '{', '}', entries, |text, (name, value)| {
                let _ = write!(text, "{}:", Value::from(name.as_str()));
                write(text, value);
            });
        }
        Value::Number(number) if number.is_f64() => text.push_str(&float(number.as_f64().unwrap_or(f64::NAN))),
        other => {
            let _ = write!(text, "{other}");
        }
    }
}

fn list<T>(
    text: &mut String,
    open: char,
    close: char,
    items: impl IntoIterator<Item = T>,
    mut item: impl FnMut(&mut String, T),
) {
    text.push(open);
    for (i, each) in items.into_iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        item(text, each);
    }
    text.push(close);
}

/// Four decimals, without trailing zeros; never an exponent.
fn float(value: f64) -> String {
    let text = format!("{value:.4}");
    match text.trim_end_matches('0').trim_end_matches('.') {
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}
