//! Values by type: what a field gets that nobody said anything about.
//!
//! A column's description does not say what its type is, but it can be asked whether a value is one: of the forms that a
//! text may have, the first that the field's own type reads is taken. So types of the user's are made too, as long as
//! one of the forms suits them.

use super::order::wrong;
use crate::error::Result;
use crate::meta::{ColumnMeta, ModelMeta};
use crate::value::{Bind, Datum, Storage};

/// Makes the values of one column.
pub(super) struct Maker {
    meta: &'static ModelMeta,
    column: &'static ColumnMeta,
    form: Form,
    seed: u64,
    /// Whether no two values may be the same.
    distinct: bool,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Choice,
    Integer,
    Boolean,
    Real,
    Bytes,
    /// Two words.
    Words,
    /// `2001-02-03 04:05:06`, of which a date and a time read their parts.
    Moment,
    Uuid,
    Number,
    Email,
    Url,
    /// Whole documents of JSON.
    Object,
    List,
    Null,
}

const TEXTS: &[Form] = &[
    Form::Words,
    Form::Moment,
    Form::Uuid,
    Form::Number,
    Form::Email,
    Form::Url,
    Form::Object,
    Form::List,
    Form::Null,
];

const WORDS: [&str; 32] = [
    "amber", "birch", "cedar", "copper", "coral", "dawn", "delta", "ember", "falcon", "fern", "flint", "garnet",
    "harbor", "hazel", "heron", "indigo", "ivory", "juniper", "lagoon", "linden", "maple", "marble", "meadow", "onyx",
    "opal", "otter", "raven", "river", "saffron", "thistle", "walnut", "willow",
];

impl Maker {
    /// # Errors
    ///
    /// No form suits the type.
    pub(super) fn new(
        meta: &'static ModelMeta,
        column: &'static ColumnMeta,
        seed: u64,
        distinct: bool,
    ) -> Result<Self> {
        let seed = column.name.bytes().chain(meta.table.bytes()).fold(seed, |seed, byte| mix(seed ^ u64::from(byte)));
        let forms: &[Form] = match column.storage {
            _ if !column.choices.is_empty() => &[Form::Choice],
            Storage::Integer => &[Form::Integer],
            Storage::Boolean => &[Form::Boolean],
            Storage::Real => &[Form::Real],
            Storage::Blob => &[Form::Bytes],
            Storage::Text => TEXTS,
        };
        let suits = |form: &&Form| {
            let maker = Maker { meta, column, form: **form, seed, distinct };
            maker.value(1).is_ok()
        };
        match forms.iter().find(suits) {
            Some(form) => Ok(Maker { meta, column, form: *form, seed, distinct }),
            None => Err(wrong(
                meta,
                column.name,
                format!("the kit knows no value of the type `{}`: give it one", column.rust_type),
            )),
        }
    }

    /// The value of a row, which is the one of this number in its table.
    pub(super) fn value(&self, number: i64) -> Result<Bind<'static>> {
        let random = mix(self.seed ^ number.cast_unsigned());
        let made = match self.form {
            Form::Choice => {
                let count = self.column.choices.len().max(1) as u64;
                let at = if self.distinct { (number - 1).cast_unsigned() % count } else { random % count };
                self.column.choices.get(at as usize).cloned().unwrap_or(Bind::Null)
            }
            Form::Integer if self.distinct => Bind::Integer(number),
            Form::Integer => Bind::Integer((random % 100) as i64 + 1),
            Form::Boolean if self.distinct => Bind::Integer(number % 2),
            Form::Boolean => Bind::Integer((random % 2) as i64),
            Form::Real if self.distinct => Bind::Real(number as f64),
            Form::Real => Bind::Real((random % 10_000) as f64 / 100.0 + 1.0),
            Form::Bytes => {
                let mut bytes = random.to_be_bytes().to_vec();
                bytes.extend(if self.distinct { number.to_be_bytes() } else { mix(random).to_be_bytes() });
                Bind::Blob(bytes.into())
            }
            form => Bind::Text(self.text(form, random, number)?.into()),
        };
        self.read(&made)
    }

    fn text(&self, form: Form, random: u64, number: i64) -> Result<String> {
        let word = |random: u64| WORDS.get((random % 32) as usize).copied().unwrap_or_default();
        Ok(match form {
            Form::Words => return self.words(word(random), word(random >> 8), number),
            Form::Moment => {
                let number = if self.distinct { number.cast_unsigned() } else { random >> 16 };
                // Days of the years 2001 to 2020, or as many as there are of the years to 9999.
                let days = number % if self.distinct { 2_921_940 } else { 7_305 };
                let seconds = number % 86_400;
                let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
                format!("{} {hour:02}:{minute:02}:{second:02}", date(days))
            }
            Form::Uuid => {
                let low = if self.distinct { number.cast_unsigned() } else { mix(random) };
                let (a, b) = (random >> 32, random >> 16 & 0xffff);
                format!(
                    "{a:08x}-{b:04x}-4{:03x}-8{:03x}-{:012x}",
                    random & 0xfff,
                    low >> 48 & 0xfff,
                    low & 0xffff_ffff_ffff
                )
            }
            Form::Number if self.distinct => format!("{number}.25"),
            Form::Number => format!("{}.25", random % 100 + 1),
            Form::Email => format!("{}{number}@example.org", word(random)),
            Form::Url => format!("https://example.org/{}/{number}", word(random)),
            Form::Object => "{}".to_owned(),
            Form::List => "[]".to_owned(),
            _ => "null".to_owned(),
        })
    }

    /// Two words, and the number of the row where values have to differ; no longer than the field allows.
    fn words(&self, first: &str, second: &str, number: i64) -> Result<String> {
        let words = format!("{first} {second}");
        let limit = self.column.max_length.map_or(usize::MAX, |limit| limit as usize);
        if !self.distinct {
            return Ok(words.get(..words.len().min(limit)).unwrap_or_default().trim_end().to_owned());
        }
        let tail = format!(" {number}");
        if let Some(room) = limit.checked_sub(tail.len())
            && let Some(start) = words.get(..words.len().min(room)).map(str::trim_end)
            && !start.is_empty()
        {
            return Ok(format!("{start}{tail}"));
        }
        // The shortest there is: letters and digits that count.
        let (mut digits, mut rest) = (Vec::new(), number.cast_unsigned());
        while rest > 0 || digits.is_empty() {
            digits.extend(char::from_digit((rest % 36) as u32, 36));
            rest /= 36;
        }
        if digits.len() > limit {
            let what = format!("it is unique, and has no room for as many values with at most {limit} characters");
            return Err(wrong(self.meta, self.column.name, what));
        }
        Ok(digits.iter().rev().collect())
    }

    /// The value as the field's type stores it, if it is one of this type.
    fn read(&self, made: &Bind<'static>) -> Result<Bind<'static>> {
        let stored = datum(made).and_then(|datum| (self.column.canonical)(datum).ok());
        stored.ok_or_else(|| {
            let what = format!("the kit made {made}, which is no `{}`: give it a value", self.column.rust_type);
            wrong(self.meta, self.column.name, what)
        })
    }
}

/// The value as it would be read again.
pub(super) fn datum<'a>(bind: &'a Bind<'_>) -> Option<Datum<'a>> {
    Some(match bind {
        Bind::Null => Datum::Null,
        Bind::Integer(value) => Datum::Integer(*value),
        Bind::Real(value) => Datum::Real(*value),
        Bind::Text(text) => Datum::Text(text.as_bytes()),
        Bind::Blob(bytes) => Datum::Blob(bytes),
        Bind::Array(_) | Bind::Refused(_) => return None,
    })
}

/// The date so many days after 2001-01-01, which begins a period of 400 years.
fn date(days: u64) -> String {
    let (mut year, mut rest) = (2001 + days / 146_097 * 400, days % 146_097);
    let leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    while rest >= 365 + u64::from(leap(year)) {
        rest -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if rest < length {
            break;
        }
        rest -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", rest + 1)
}

/// A number that looks like none of its neighbours (the finaliser of splitmix64).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn days_are_dates() {
        for (days, text) in [
            (0, "2001-01-01"),
            (58, "2001-02-28"),
            (59, "2001-03-01"),
            (1_154, "2004-02-29"),
            (7_304, "2020-12-31"),
            (146_096, "2400-12-31"),
            (146_097, "2401-01-01"),
            (2_921_939, "10000-12-31"),
        ] {
            assert_eq!(date(days), text);
        }
    }
}
