//! Values by type: what a field gets that nobody said anything about.
//!
//! A column's description does not say what its type is, but it can be asked whether a value is one: of the forms that a
//! text may have, the first that the field's own type reads is taken. So types of the user's are made too, as long as
//! one of the forms suits them.

use super::order::wrong;
use crate::error::Result;
use crate::meta::{ColumnMeta, ModelMeta};
use crate::value::{Bind, Domain, Storage};

/// As many values as nobody bakes.
const MANY: u64 = i64::MAX as u64;

/// Makes the values of one column: one by chance for a row, or the values one after the other, each another.
pub(super) struct Maker {
    meta: &'static ModelMeta,
    column: &'static ColumnMeta,
    form: Form,
    /// The values of an enum.
    choices: Vec<Bind<'static>>,
    seed: u64,
}

/// Which value is wanted.
#[derive(Clone, Copy)]
enum Which {
    /// That of the row of this number.
    Any(u64),
    /// The one of this number, counted from 0.
    Nth(u64),
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
    /// `apart`: the values may have to differ.
    ///
    /// # Errors
    ///
    /// No form suits the type.
    pub(super) fn new(meta: &'static ModelMeta, column: &'static ColumnMeta, seed: u64, apart: bool) -> Result<Self> {
        let seed = column.name.bytes().chain(meta.table.bytes()).fold(seed, |seed, byte| mix(seed ^ u64::from(byte)));
        let forms: &[Form] = match column.storage {
            Storage::Integer => &[Form::Integer],
            Storage::Boolean => &[Form::Boolean],
            Storage::Real => &[Form::Real],
            Storage::Blob => &[Form::Bytes],
            Storage::Text => TEXTS,
        };
        let maker = |form: &Form| Maker { meta, column, form: *form, choices: column.domain.choices(), seed };
        let mut makers = forms.iter().map(maker);
        let suits = |maker: &Maker| maker.any(1).is_ok() && (!apart || maker.nth(0).is_ok());
        makers.find(suits).ok_or_else(|| {
            let what = format!("the kit knows no value of the type `{}`: give it one", column.rust_type);
            wrong(meta, column.name, what)
        })
    }

    /// The value of a row, which is the one of this number in its table.
    pub(super) fn any(&self, number: u64) -> Result<Bind<'static>> {
        self.value(Which::Any(number))
    }

    /// The values one after the other, from 0 up to the [room](Self::room): each is another, as far as the type can tell.
    pub(super) fn nth(&self, number: u64) -> Result<Bind<'static>> {
        self.value(Which::Nth(number))
    }

    /// How many values there are.
    pub(super) fn room(&self) -> u64 {
        if !self.choices.is_empty() {
            return self.choices.len() as u64;
        }
        match self.form {
            Form::Boolean => 2,
            Form::Integer => {
                let (low, _, high) = self.integers();
                high.abs_diff(low).saturating_add(1).min(MANY)
            }
            // Hundredths, as far as there is an end to them.
            Form::Real => {
                let (least, most) = self.reals();
                if most.is_finite() { ((most - least) * 100.0) as u64 + 1 } else { MANY }
            }
            Form::Words if self.column.domain != Domain::Decimal => {
                let limit = self.column.max_length.unwrap_or(u32::MAX);
                36_u64.checked_pow(limit).map_or(MANY, |room| room.min(MANY))
            }
            // The days to the year 9999.
            Form::Moment => 2_921_000,
            Form::Object | Form::List | Form::Null => 1,
            _ => MANY,
        }
    }

    fn value(&self, which: Which) -> Result<Bind<'static>> {
        let number = match which {
            Which::Any(number) | Which::Nth(number) => number,
        };
        let random = mix(self.seed ^ number);
        // One of so many.
        let of = |count: u64| match which {
            Which::Any(_) => random % count.max(1),
            Which::Nth(number) => number,
        };
        let made = if !self.choices.is_empty() {
            let choice = usize::try_from(of(self.choices.len() as u64)).ok().and_then(|at| self.choices.get(at));
            choice.cloned().unwrap_or(Bind::Null)
        } else if self.column.domain == Domain::Decimal {
            let digits = (of(99) + 1).to_string();
            Bind::Text(format!("{}{digits}", sorted(&digits)).into())
        } else {
            match self.form {
                Form::Integer => {
                    let (low, least, high) = self.integers();
                    let value = least.checked_add_unsigned(of(high.abs_diff(least).saturating_add(1).min(100)));
                    // After the last comes what is below the least.
                    let below = |value: i64| low.saturating_add_unsigned(value.abs_diff(high).saturating_sub(1));
                    Bind::Integer(value.map_or(low, |value| if value <= high { value } else { below(value) }))
                }
                Form::Boolean => Bind::Integer((of(2) % 2).cast_signed()),
                Form::Real => Bind::Real(self.real(which, random)),
                Form::Bytes => {
                    let tail = match which {
                        Which::Any(_) => mix(random),
                        Which::Nth(number) => number,
                    };
                    Bind::Blob([random.to_be_bytes(), tail.to_be_bytes()].concat().into())
                }
                form => Bind::Text(self.text(form, which, random, number + 1).into()),
            }
        };
        self.read(&made)
    }

    fn text(&self, form: Form, which: Which, random: u64, number: u64) -> String {
        let word = |random: u64| WORDS.get((random % 32) as usize).copied().unwrap_or_default();
        // One of so many.
        let of = |count: u64, random: u64| match which {
            Which::Any(_) => random % count,
            Which::Nth(number) => number % count,
        };
        match form {
            Form::Words => self.words(word(random), word(random >> 8), which),
            Form::Moment => {
                // Days of the years 2001 to 2020, or as many as there are.
                let days = of(if matches!(which, Which::Any(_)) { 7_305 } else { self.room() }, random >> 16);
                let seconds = of(86_400, random >> 16);
                let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
                format!("{} {hour:02}:{minute:02}:{second:02}", date(days))
            }
            Form::Uuid => {
                let low = of(1 << 60, mix(random));
                let (a, b) = (random >> 32, random >> 16 & 0xffff);
                format!(
                    "{a:08x}-{b:04x}-4{:03x}-8{:03x}-{:012x}",
                    random & 0xfff,
                    low >> 48 & 0xfff,
                    low & 0xffff_ffff_ffff
                )
            }
            Form::Number => format!("{}.25", of_many(which, random)),
            Form::Decimal => {
                let whole = of_many(which, random).to_string();
                format!("{}{whole}.25", sorted(&whole))
            }
            Form::Email => format!("{}{number}@example.org", word(random)),
            Form::Url => format!("https://example.org/{}/{number}", word(random)),
            Form::Object => "{}".to_owned(),
            Form::List => "[]".to_owned(),
            _ => "null".to_owned(),
        }
    }

    /// The least that a number may be, the one to begin with (which is 1, if that may be), and the greatest.
    fn integers(&self) -> (i64, i64, i64) {
        let bound = |bound: Option<&str>| bound.and_then(|bound| bound.parse::<i64>().ok());
        let (low, high) = match self.column.domain {
            Domain::Range(low, high) => (low, high),
            _ => (i64::MIN, i64::MAX),
        };
        let low = bound(self.column.min).map_or(low, |min| min.max(low));
        let high = bound(self.column.max).map_or(high, |max| max.min(high)).max(low);
        let first = if bound(self.column.min).is_some() { low } else { 1.clamp(low, high) };
        (low, first, high)
    }

    fn reals(&self) -> (f64, f64) {
        let bound = |bound: Option<&str>| bound.and_then(|bound| bound.parse::<f64>().ok());
        let max = bound(self.column.max);
        let least = bound(self.column.min).unwrap_or_else(|| max.map_or(1.0, |max| max.min(1.0)));
        (least, max.unwrap_or(f64::INFINITY))
    }

    /// A number from 1 to 100 with two decimals, or within the bounds of the field.
    fn real(&self, which: Which, random: u64) -> f64 {
        let (least, most) = self.reals();
        match which {
            Which::Nth(number) if most.is_finite() => least + number as f64 / 100.0,
            Which::Nth(number) => least + number as f64,
            Which::Any(_) => {
                let value = least + (random % 9_901) as f64 / 100.0;
                if value <= most { value } else { least + (most - least) * (random % 100) as f64 / 100.0 }
            }
        }
    }

    /// Two words or more, and a number where values have to differ; as long as the field allows.
    fn words(&self, first: &str, second: &str, which: Which) -> String {
        let limit = self.column.max_length.map_or(usize::MAX, |limit| limit as usize);
        let least = self.column.min_length.map_or(0, |least| least as usize);
        let mut words = format!("{first} {second}");
        while words.len() < least {
            words = format!("{words} {second}");
        }
        let (tail, mut rest) = match which {
            Which::Any(_) => (String::new(), 0),
            Which::Nth(number) => (format!(" {}", number + 1), number),
        };
        if let Some(room) = limit.checked_sub(tail.len()).filter(|room| *room > 0 || tail.is_empty()) {
            words.truncate(room);
            if words.ends_with(' ') {
                words.pop();
                words.push('s');
            }
            return words + &tail;
        }
        // The shortest there is: letters and digits that count.
        let mut digits = Vec::new();
        while rest > 0 || digits.len() < least.max(1) {
            digits.extend(char::from_digit((rest % 36) as u32, 36));
            rest /= 36;
        }
        digits.iter().rev().collect()
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

/// A number from 1 to 100, or one after the other.
fn of_many(which: Which, random: u64) -> u64 {
    match which {
        Which::Any(_) => random % 100 + 1,
        Which::Nth(number) => number + 1,
    }
}

/// The letter before a decimal as it is stored: how many digits stand before the point.
fn sorted(digits: &str) -> char {
    char::from(b'A'.saturating_add(u8::try_from(digits.len()).unwrap_or(u8::MAX)))
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
