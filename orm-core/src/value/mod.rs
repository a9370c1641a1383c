//! Values between Rust and SQLite.
//!
//! SQLite stores five classes of value: NULL, INTEGER (64 bits, signed), REAL, TEXT and BLOB. A [`Bind`] goes in, a
//! [`Datum`] comes out. The rules:
//!
//! * An integer field reads an INTEGER that fits its type, and nothing else. A `bool` is 0 or 1.
//! * An `f64` reads a REAL, and an INTEGER too: a NUMERIC column stores `2.0` as 2.
//! * A `String` reads TEXT that is UTF-8, a `Vec<u8>` reads a BLOB.
//! * An `Option` reads NULL as `None`; nothing else reads NULL.
//! * Not a number is refused when it is bound: SQLite would store it as NULL, in silence.
//!
//! What does not fit is a [`Mismatch`], which the reader of the row turns into an error that names model and field.

mod composite;
#[cfg(feature = "decimal")]
mod decimal;
mod derived;
mod domain;
#[cfg(feature = "json")]
mod finite;
#[cfg(feature = "json")]
mod json;
mod key;
mod keys;
mod kind;
mod primitives;
mod temporal;
#[cfg(feature = "jiff")]
mod time;
#[cfg(feature = "uuid")]
mod uuid;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

pub use composite::KeyParts;
pub(crate) use composite::{pack_part, unpack};
#[cfg(feature = "decimal")]
pub(crate) use decimal::{DecimalSum, decode as decode_decimal, encode as encode_decimal};
pub use derived::{DbEnum, Inside, accepted, accepted_of, bind_inside, no_variant, read_inside, scalar_inside};
pub use domain::Domain;
#[cfg(feature = "json")]
pub use json::Json;
pub use key::{AutoKey, Key, KeyRef, PrimaryKey};
pub use keys::{KeyList, KeyMap};
pub use kind::{Agg, IsAgg, IsMany, IsOwn, JoinKind, Kind, Lit, Many, Meet, One, Own, Single};
pub use temporal::{DateBase, Form, Now, Stamp, TimeBase};

/// A value on its way into a statement.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Bind<'a> {
    /// NULL.
    Null,
    /// A 64-bit integer.
    Integer(i64),
    /// A float. Not a number is refused when the statement runs.
    Real(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Blob(Cow<'a, [u8]>),
    /// Any number of values in one bind: the right side of `IN`.
    Array(Arc<Vec<Bind<'static>>>),
    /// A value that SQLite has no room for, with the reason.
    Refused(&'static str),
}

impl Bind<'_> {
    /// The value as it would be read again; none for what is no value of a column.
    pub(crate) fn datum(&self) -> Option<Datum<'_>> {
        Some(match self {
            Bind::Null => Datum::Null,
            Bind::Integer(value) => Datum::Integer(*value),
            Bind::Real(value) => Datum::Real(*value),
            Bind::Text(text) => Datum::Text(text.as_bytes()),
            Bind::Blob(bytes) => Datum::Blob(bytes),
            Bind::Array(_) | Bind::Refused(_) => return None,
        })
    }

    /// The same value, owned.
    pub fn into_owned(self) -> Bind<'static> {
        match self {
            Bind::Null => Bind::Null,
            Bind::Integer(value) => Bind::Integer(value),
            Bind::Real(value) => Bind::Real(value),
            Bind::Text(value) => Bind::Text(Cow::Owned(value.into_owned())),
            Bind::Blob(value) => Bind::Blob(Cow::Owned(value.into_owned())),
            Bind::Array(values) => Bind::Array(values),
            Bind::Refused(reason) => Bind::Refused(reason),
        }
    }
}

impl fmt::Display for Bind<'_> {
    /// As a SQL literal, for people to read; long values are cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONG: usize = 60;
        const SHORT: usize = 16;
        match self {
            Bind::Null => f.write_str("NULL"),
            Bind::Integer(value) => write!(f, "{value}"),
            Bind::Real(value) => write!(f, "{value:?}"),
            Bind::Text(text) => {
                let mut cut: String = text.chars().take(LONG).collect();
                if cut.len() < text.len() {
                    cut.push('…');
                }
                write!(f, "'{}'", cut.replace('\'', "''"))
            }
            Bind::Blob(bytes) if bytes.len() <= SHORT => {
                f.write_str("x'")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str("'")
            }
            Bind::Blob(bytes) => write!(f, "<{} bytes>", bytes.len()),
            Bind::Array(values) => {
                f.write_str("[")?;
                for (i, value) in values.iter().take(5).enumerate() {
                    write!(f, "{}{value}", if i == 0 { "" } else { ", " })?;
                }
                if values.len() > 5 {
                    write!(f, ", … {} values", values.len())?;
                }
                f.write_str("]")
            }
            Bind::Refused(reason) => write!(f, "<{reason}>"),
        }
    }
}

/// A value of a row, borrowed from SQLite for as long as the row is current.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Datum<'a> {
    /// NULL.
    Null,
    /// A 64-bit integer.
    Integer(i64),
    /// A float.
    Real(f64),
    /// Text, as bytes: SQLite does not promise UTF-8.
    Text(&'a [u8]),
    /// Bytes.
    Blob(&'a [u8]),
}

/// Bytes as text, if they are UTF-8. That is a tenth of reading a row with a long text in it, unless it is asked of many
/// bytes at a time.
#[inline]
pub(crate) fn text(bytes: &[u8]) -> Option<&str> {
    const LONG: usize = 64;
    if bytes.len() < LONG { std::str::from_utf8(bytes).ok() } else { simdutf8::basic::from_utf8(bytes).ok() }
}

impl Datum<'_> {
    /// The same value, kept. Text that is not UTF-8 is kept as the bytes it is.
    pub(crate) fn owned(self) -> Bind<'static> {
        match self {
            Datum::Null => Bind::Null,
            Datum::Integer(value) => Bind::Integer(value),
            Datum::Real(value) => Bind::Real(value),
            Datum::Text(bytes) => match String::from_utf8(bytes.to_vec()) {
                Ok(text) => Bind::Text(Cow::Owned(text)),
                Err(error) => Bind::Blob(Cow::Owned(error.into_bytes())),
            },
            Datum::Blob(bytes) => Bind::Blob(Cow::Owned(bytes.to_vec())),
        }
    }
}

/// What a row has in place of what the field's type promises. In a box: so a value that is what it should be comes back in
/// registers.
#[derive(Debug)]
pub struct Mismatch(pub(crate) Box<Cow<'static, str>>);

impl Mismatch {
    /// The value itself is of the right class and still does not fit.
    #[cold]
    #[inline(never)]
    pub fn new(found: impl Into<Cow<'static, str>>) -> Self {
        Mismatch(Box::new(found.into()))
    }

    /// The value is of the right class, and refused by a conversion.
    #[cold]
    pub(super) fn refused(datum: Datum<'_>, reason: &dyn fmt::Display) -> Self {
        let Mismatch(found) = Mismatch::found(datum);
        Mismatch::new(format!("{found}, which is refused ({reason}),"))
    }

    /// The value is of another class.
    #[cold]
    pub fn found(datum: Datum<'_>) -> Self {
        let found: Cow<'static, str> = match datum {
            Datum::Null => "NULL".into(),
            Datum::Integer(value) => format!("the INTEGER {value}").into(),
            Datum::Real(value) => format!("the REAL {value:?}").into(),
            Datum::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => format!("the TEXT {}", Bind::Text(Cow::Borrowed(text))).into(),
                Err(_) => "TEXT that is not UTF-8".into(),
            },
            Datum::Blob(bytes) => format!("a BLOB of {} bytes", bytes.len()).into(),
        };
        Mismatch::new(found)
    }
}

/// The type a column is declared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Storage {
    /// `INTEGER`.
    Integer,
    /// `INTEGER`, 0 or 1.
    Boolean,
    /// `REAL`.
    Real,
    /// `TEXT`.
    Text,
    /// `BLOB`.
    Blob,
}

impl Storage {
    /// The word in `CREATE TABLE`.
    pub fn sql(self) -> &'static str {
        match self {
            Storage::Integer | Storage::Boolean => "INTEGER",
            Storage::Real => "REAL",
            Storage::Text => "TEXT",
            Storage::Blob => "BLOB",
        }
    }
}

/// A value of a [`Record`](crate::Record): a [`Bind`] that knows a bool from an integer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Scalar {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A 64-bit integer.
    Integer(i64),
    /// A float.
    Real(f64),
    /// Text; dates and times too.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
    /// What a JSON column holds.
    #[cfg(feature = "json")]
    Json(serde_json::Value),
}

impl serde::Serialize for Scalar {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Scalar::Null => serializer.serialize_unit(),
            Scalar::Bool(value) => serializer.serialize_bool(*value),
            Scalar::Integer(value) => serializer.serialize_i64(*value),
            Scalar::Real(value) => serializer.serialize_f64(*value),
            Scalar::Text(value) => serializer.serialize_str(value),
            Scalar::Blob(value) => serializer.serialize_bytes(value),
            #[cfg(feature = "json")]
            Scalar::Json(value) => value.serialize(serializer),
        }
    }
}

/// No NULL here.
pub struct NotNull;
/// NULL is possible here.
pub struct Null;
/// Whether a type has room for NULL, as a type.
pub trait Nullness: 'static {
    /// The type with this nullness added.
    type Lift<T: Value>: Value<Base = T::Base>;
}
impl Nullness for NotNull {
    type Lift<T: Value> = T;
}
impl Nullness for Null {
    type Lift<T: Value> = T::Nullable;
}

/// A column of this nullness takes a value of that one.
#[diagnostic::on_unimplemented(
    message = "a value that may be NULL cannot be assigned to a NOT NULL column",
    label = "this value may be NULL",
    note = "unwrap the `Option`, give a default with `.coalesce(..)`, or make the field an `Option`"
)]
pub trait Accepts<N> {}
impl Accepts<NotNull> for NotNull {}
/// Nothing is of this nullness. With one impl only, rustc would report a type mismatch and not the text above.
pub struct Never;
impl Accepts<Never> for NotNull {}
impl Accepts<NotNull> for Null {}
impl Accepts<Null> for Null {}

/// A type a column can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a column",
    label = "not a column type",
    note = "use an integer up to 64 bits signed, f64, bool, String, Vec<u8>, a type of the `jiff`, `uuid`, `decimal` or `json` feature, or an Option of one",
    note = "a type of your own is one with `#[derive(DbEnum)]` or `#[derive(DbValue)]`"
)]
pub trait Value: Sized + 'static {
    /// The type without `Option` and `Deferred`: what a comparison is about.
    type Base: Value<Base = Self::Base>;
    /// Whether NULL is possible.
    type Null: Nullness;
    /// The type with room for NULL.
    type Nullable: Value<Base = Self::Base>;
    /// What a query hands out.
    type Out: 'static;
    /// The type the column is declared with.
    const STORAGE: Storage;
    /// The Rust name, for messages.
    const NAME: &'static str;
    /// Which values of that storage it has.
    const DOMAIN: Domain = Domain::Any;
    /// Reads a value of a row.
    ///
    /// # Errors
    ///
    /// The value of the row is not of this type.
    fn read(datum: Datum<'_>) -> Result<Self::Out, Mismatch>;
    /// The value on its way into a statement.
    fn bind(&self) -> Bind<'_>;
    /// The value as a scalar of a record.
    fn scalar(out: Self::Out) -> Scalar;
}

impl<T: Value<Base = T, Out = T>> Value for Option<T> {
    type Base = T;
    type Null = Null;
    type Nullable = Option<T>;
    type Out = Option<T>;
    const STORAGE: Storage = T::STORAGE;
    const NAME: &'static str = T::NAME;
    const DOMAIN: Domain = T::DOMAIN;
    #[inline]
    fn read(datum: Datum<'_>) -> Result<Option<T>, Mismatch> {
        match datum {
            Datum::Null => Ok(None),
            datum => T::read(datum).map(Some),
        }
    }
    #[inline]
    fn bind(&self) -> Bind<'_> {
        self.as_ref().map_or(Bind::Null, T::bind)
    }
    fn scalar(out: Option<T>) -> Scalar {
        out.map_or(Scalar::Null, T::scalar)
    }
}

/// Reads a value as a type does, and says how the type stores it.
///
/// # Errors
///
/// The value is not of this type.
pub fn canonical<V: Value<Out = V>>(datum: Datum<'_>) -> Result<Bind<'static>, Mismatch> {
    V::read(datum).map(|value| value.bind().into_owned())
}

/// Text in lower case, character by character: a text that contains another still does when both are folded. (Rust's
/// own `to_lowercase` writes a sigma at the end of a word in another way; here the two forms are one letter.)
pub(crate) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter }).collect()
}

/// A Rust value that can stand beside a column of base type `B` by reference, `str` for `String` included.
#[diagnostic::on_unimplemented(
    message = "`&{Self}` cannot be compared with, or assigned to, a `{B}` column",
    label = "expected a `{B}` value"
)]
pub trait Literal<B> {
    /// The value on its way into a statement.
    fn literal(&self) -> Bind<'_>;
}
impl Literal<String> for str {
    fn literal(&self) -> Bind<'_> {
        Bind::Text(Cow::Borrowed(self))
    }
}
impl Literal<Vec<u8>> for [u8] {
    fn literal(&self) -> Bind<'_> {
        Bind::Blob(Cow::Borrowed(self))
    }
}

/// A number: it has arithmetic.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column has no arithmetic, `sum` or `avg`",
    label = "`{Self}` is not a number"
)]
pub trait Numeric: Value {}
impl<T: Value> Numeric for T where T::Base: NumericBase {}
/// The base types of [`Numeric`].
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column has no arithmetic, `sum` or `avg`",
    label = "`{Self}` is not a number"
)]
pub trait NumericBase {
    /// What a sum of many of them fits into.
    type Sum: Value<Base = Self::Sum, Out = Self::Sum>;
}
/// A whole number: it has operations on bits.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column has no operations on bits",
    label = "`{Self}` is not a whole number"
)]
pub trait IntegerBase {}
/// Text: it has text lookups.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column is not text: it has no text lookups and functions",
    label = "`{Self}` is not text",
    note = "`.cast::<String>()` makes text of it"
)]
pub trait TextBase {}
/// Text with JSON in it: it has values by paths.
pub trait JsonBase {}
impl<T: TextBase> JsonBase for T {}
/// A base type that can be added up.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column has no arithmetic, `sum` or `avg`",
    label = "`{Self}` is not a number"
)]
pub trait SumBase {
    /// What a sum of many of them fits into.
    type Sum: Value<Base = Self::Sum, Out = Self::Sum>;
    /// What their mean is.
    type Mean: Value<Base = Self::Mean, Out = Self::Mean>;
    /// The functions are those of decimals.
    #[doc(hidden)]
    const IS_DECIMAL: bool = false;
}
impl<T: NumericBase> SumBase for T {
    type Sum = T::Sum;
    type Mean = f64;
}
/// A bool: it is a condition by itself.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column is a condition only if it is a bool",
    label = "`{Self}` is not a condition: compare it, as in `.eq(value)`"
)]
pub trait BoolBase {}

/// What a field that the database computes can be set to: nothing.
#[diagnostic::on_unimplemented(
    message = "this field is computed by the database: it cannot be set",
    label = "leave this call out"
)]
pub trait SetByHand {}

/// What a builder's setter takes: the value itself, text by reference, or either where the field is an Option.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a value for a `{T}` field", label = "expected `{T}`")]
pub trait IntoField<T> {
    /// The field's value.
    fn into_field(self) -> T;
}
impl<T> IntoField<T> for T {
    fn into_field(self) -> T {
        self
    }
}
impl<T> IntoField<Option<T>> for T {
    fn into_field(self) -> Option<T> {
        Some(self)
    }
}
impl IntoField<String> for &str {
    fn into_field(self) -> String {
        self.into()
    }
}
impl IntoField<Option<String>> for &str {
    fn into_field(self) -> Option<String> {
        Some(self.into())
    }
}
impl IntoField<String> for &String {
    fn into_field(self) -> String {
        self.clone()
    }
}
impl IntoField<Option<String>> for Option<&str> {
    fn into_field(self) -> Option<String> {
        self.map(str::to_owned)
    }
}
