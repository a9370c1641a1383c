//! Values by type: what a field gets that nobody said anything about.
//!
//! A column's description does not say what its type is, but it can be asked whether a value is one: of the forms that a
//! text may have, the first that the field's own type reads is taken. So types of the user's are made too, as long as
//! one of the forms suits them.

use super::order::wrong;
use crate::error::{Error, Result};
use crate::meta::{ColumnMeta, ModelMeta};
use crate::value::{Bind, Domain, Storage};

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
    /// A number after a letter that says how many digits it has before the point: a decimal as it is stored.
    Decimal,
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
    Form::Decimal,
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
    pub(super) fn new(meta: &'static ModelMeta, column: &'static ColumnMeta, seed: u64) -> Result<Self> {
        let distinct = false;
        let seed = column.name.bytes().chain(meta.table.bytes()).fold(seed, |seed, byte| mix(seed ^ u64::from(byte)));
        let forms: &[Form] = match column.storage {
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

    /// The same, for values that differ.
    pub(super) fn distinct(self) -> Self {
        Maker { distinct: true, ..self }
    }

    /// How many values there are that differ; none where there is no end to them.
    pub(super) fn room(&self) -> Option<i64> {
        let choices = self.column.domain.choices().len();
        if choices > 0 {
            return i64::try_from(choices).ok();
        }
        match self.form {
            Form::Boolean => Some(2),
            Form::Integer => {
                let (least, most) = self.bounds();
                most.checked_sub(least)?.checked_add(1)
            }
            Form::Real => {
                let (least, most) = self.real_bounds();
                most.is_finite().then(|| (most - least) as i64 + 1)
            }
            Form::Words => 36_i64.checked_pow(self.column.max_length?).map(|room| room - 1),
            _ => None,
        }
        .map(|room| room.max(1))
    }

    /// The value of a row, which is the one of this number in its table.
    pub(super) fn value(&self, number: i64) -> Result<Bind<'static>> {
        let random = mix(self.seed ^ number.cast_unsigned());
        if let Some(choice) = self.choice(random, number)? {
            return self.read(&choice);
        }
        let made = match self.form {
            Form::Integer => Bind::Integer(self.integer(random, number)?),
            Form::Boolean if self.distinct => Bind::Integer(number % 2),
            Form::Boolean => Bind::Integer((random % 2) as i64),
            Form::Real => Bind::Real(self.real(random, number)?),
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
            Form::Decimal => {
                let whole = if self.distinct { number.cast_unsigned() } else { random % 100 + 1 }.to_string();
                let letter = char::from(b'A' + u8::try_from(whole.len()).unwrap_or_default());
                format!("{letter}{whole}.25")
            }
            Form::Email => format!("{}{number}@example.org", word(random)),
            Form::Url => format!("https://example.org/{}/{number}", word(random)),
            Form::Object => "{}".to_owned(),
            Form::List => "[]".to_owned(),
            _ => "null".to_owned(),
        })
    }

    /// The least and the greatest integer there may be.
    fn bounds(&self) -> (i64, i64) {
        let bound = |bound: Option<&str>| bound.and_then(|bound| bound.parse::<i64>().ok());
        let (min, max) = (bound(self.column.min), bound(self.column.max));
        let (first, last) = match self.column.domain {
            Domain::Range(first, last) => (first, last),
            _ => (i64::MIN, i64::MAX),
        };
        let least = min.unwrap_or_else(|| max.map_or(1, |max| max.min(1)));
        (least.max(first), max.unwrap_or(i64::MAX).min(last))
    }

    /// A number from 1 to 100, or within the bounds of the field.
    fn integer(&self, random: u64, number: i64) -> Result<i64> {
        let (least, most) = self.bounds();
        if self.distinct {
            return least.checked_add(number - 1).filter(|value| *value <= most).ok_or_else(|| self.no_room());
        }
        let count = most.saturating_sub(least).clamp(0, 99).cast_unsigned() + 1;
        Ok(least.saturating_add((random % count) as i64))
    }

    fn real_bounds(&self) -> (f64, f64) {
        let bound = |bound: Option<&str>| bound.and_then(|bound| bound.parse::<f64>().ok());
        let (min, max) = (bound(self.column.min), bound(self.column.max));
        (min.unwrap_or_else(|| max.map_or(1.0, |max| max.min(1.0))), max.unwrap_or(f64::INFINITY))
    }

    /// A number from 1 to 100 with two decimals, or within the bounds of the field.
    fn real(&self, random: u64, number: i64) -> Result<f64> {
        let (least, most) = self.real_bounds();
        if self.distinct {
            let value = least + (number - 1) as f64;
            return if value <= most { Ok(value) } else { Err(self.no_room()) };
        }
        let value = least + (random % 9_901) as f64 / 100.0;
        Ok(if value <= most { value } else { least + (most - least) * (random % 100) as f64 / 100.0 })
    }

    /// Two words or more, and the number of the row where values have to differ; as long as the field allows.
    fn words(&self, first: &str, second: &str, number: i64) -> Result<String> {
        let limit = self.column.max_length.map_or(usize::MAX, |limit| limit as usize);
        let least = self.column.min_length.map_or(0, |least| least as usize);
        let mut words = format!("{first} {second}");
        while words.len() < least {
            words = format!("{words} {second}");
        }
        let tail = if self.distinct { format!(" {number}") } else { String::new() };
        if let Some(room) = limit.checked_sub(tail.len()).filter(|room| *room > 0 || !self.distinct) {
            words.truncate(room);
            if words.ends_with(' ') {
                words.pop();
                words.push('s');
            }
            return Ok(words + &tail);
        }
        // The shortest there is: letters and digits that count.
        let (mut digits, mut rest) = (Vec::new(), number.cast_unsigned());
        while rest > 0 || digits.len() < least.max(1) {
            digits.extend(char::from_digit((rest % 36) as u32, 36));
            rest /= 36;
        }
        if digits.len() > limit {
            return Err(self.no_room());
        }
        Ok(digits.iter().rev().collect())
    }

    /// A value of a type that has its own: of an enum, or a decimal.
    fn choice(&self, random: u64, number: i64) -> Result<Option<Bind<'static>>> {
        if self.column.domain == Domain::Decimal {
            let digits = if self.distinct { number } else { 1 + (random % 99) as i64 }.to_string();
            let sorted = char::from(b'A'.saturating_add(u8::try_from(digits.len()).unwrap_or(u8::MAX)));
            return Ok(Some(Bind::Text(format!("{sorted}{digits}").into())));
        }
        let choices = self.column.domain.choices();
        let count = choices.len() as u64;
        let at = if self.distinct {
            number.cast_unsigned().saturating_sub(1)
        } else {
            random.checked_rem(count).unwrap_or(0)
        };
        match choices.into_iter().nth(usize::try_from(at).unwrap_or(usize::MAX)) {
            None if count > 0 => Err(self.no_room()),
            choice => Ok(choice),
        }
    }

    #[cold]
    pub(super) fn no_room(&self) -> Error {
        wrong(self.meta, self.column.name, "its values have to differ, and it has no room for as many: give it values")
    }

    /// The value as the field's type stores it, if it is one of this type.
    fn read(&self, made: &Bind<'static>) -> Result<Bind<'static>> {
        let stored = made.datum().and_then(|datum| (self.column.canonical)(datum).ok());
        stored.ok_or_else(|| {
            let what = format!("the kit made {made}, which is no `{}`: give it a value", self.column.rust_type);
            wrong(self.meta, self.column.name, what)
        })
    }
}

/// The date so many days after 2001-01-01, which begins a period of 400 years.
fn date(days: u64) -> String {
    let (mut year, mut rest) = (2001 + days / 146_097 * 400, days % 146_097);
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
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
