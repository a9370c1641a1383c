//! Decimals of the `rust_decimal` crate, exact, as text that sorts as numbers do.
//!
//! A text begins with a letter for how many digits stand before the point (`A` none, `B` one ..), then come those digits,
//! the point and the digits behind it, without zeros at the end: 12.50 is `C12.5`, 0.05 is `A.05`, 0 is `A`. More digits
//! make a later letter, and as many are compared one by one. A negative number is `-` and the mirror of that text: each
//! letter and digit is counted from the other end, and a `~` closes it, so that -12.5 is before -12. Each number has one
//! text, so `=`, `<`, `ORDER BY`, `GROUP BY`, `min` and an index are SQLite's own, in any program.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::primitives::scalar;
use super::{Bind, Datum, Domain, Literal, Mismatch, NotNull, Scalar, Storage, SumBase, Value};

/// The most digits before the point, and behind it.
const WHOLE: usize = 29;
const FRACTION: usize = 28;
/// The letter of no digits before the point, and of the most.
const FIRST: u8 = b'A';
const LAST: u8 = FIRST + WHOLE as u8;

scalar!(
    Decimal,
    Text in Domain::Decimal,
    |datum| match datum {
        Datum::Text(text) => decode(text).ok_or_else(|| Mismatch::found(datum)),
        other => Err(Mismatch::found(other)),
    },
    |value| Bind::Text(Cow::Owned(encode(value))),
    |out| Scalar::Text(out.normalize().to_string())
);

impl SumBase for Decimal {
    type Sum = Decimal;
    type Mean = Decimal;
    const IS_DECIMAL: bool = true;
}

/// The text of a number.
pub(crate) fn encode(value: &Decimal) -> String {
    let value = value.normalize();
    let digits = value.abs().to_string();
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let whole = whole.trim_start_matches('0');
    let mut text = String::with_capacity(digits.len() + 3);
    text.push(char::from(FIRST + u8::try_from(whole.len()).unwrap_or(WHOLE as u8)));
    text.push_str(whole);
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    if value.is_sign_negative() && !value.is_zero() {
        text = format!("-{}~", mirrored(&text));
    }
    text
}

/// The number of a text; none where it is not the one text of a number.
pub(crate) fn decode(text: &[u8]) -> Option<Decimal> {
    let text = std::str::from_utf8(text).ok()?;
    let (plain, is_negative) = match text.strip_prefix('-') {
        Some(mirror) => (Cow::Owned(mirrored(mirror.strip_suffix('~')?)), true),
        None => (Cow::Borrowed(text), false),
    };
    let digits = plain.get(1..).filter(|_| plain.is_char_boundary(1))?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if fraction.len() > FRACTION || whole.len() > WHOLE {
        return None;
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    let number = written(is_negative, whole, fraction);
    let value = Decimal::from_str_exact(&number).ok()?.normalize();
    // Whatever else would read as this number would not be equal to it, nor sort with it.
    (encode(&value) == text).then_some(value)
}

/// A number as people write it. (Behind the point of the greatest number there is no room even for a zero.)
fn written(is_negative: bool, whole: &str, fraction: &str) -> String {
    let (sign, point) = (if is_negative { "-" } else { "" }, if fraction.is_empty() { "" } else { "." });
    format!("{sign}{whole}{point}{fraction}")
}

/// Letters and digits counted from their other end; its own inverse.
fn mirrored(text: &str) -> String {
    let mirror = |byte: u8| match byte {
        b'0'..=b'9' => b'0' + b'9' - byte,
        FIRST..=LAST => FIRST + LAST - byte,
        other => other,
    };
    text.chars().map(|letter| u8::try_from(letter).map_or(letter, |byte| char::from(mirror(byte)))).collect()
}

/// Numbers added up exactly, however many and of whatever scales.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DecimalSum {
    whole: i128,
    /// In units of the last of 28 digits.
    fraction: i128,
    count: i64,
}

impl DecimalSum {
    const UNIT: i128 = 10_i128.pow(FRACTION as u32);

    /// One more number, or one less.
    pub(crate) fn add(&mut self, value: Decimal, is_more: bool) {
        let whole = value.trunc();
        let mut fraction = value - whole;
        fraction.rescale(FRACTION as u32);
        let sign = if is_more { 1 } else { -1 };
        self.whole = self.whole.saturating_add(sign * whole.mantissa());
        self.fraction += sign * fraction.mantissa();
        self.whole = self.whole.saturating_add(self.fraction / Self::UNIT);
        self.fraction %= Self::UNIT;
        self.count += i64::from(is_more) - i64::from(!is_more);
    }

    /// The sum; an error where it has more digits than a number of the type.
    pub(crate) fn sum(&self) -> Result<Option<Decimal>, &'static str> {
        const TOO_LONG: &str = "the sum has more digits than a Decimal";
        if self.count == 0 {
            return Ok(None);
        }
        // Both parts with one sign.
        let (mut whole, mut fraction) = (self.whole, self.fraction);
        if whole > 0 && fraction < 0 {
            (whole, fraction) = (whole - 1, fraction + Self::UNIT);
        } else if whole < 0 && fraction > 0 {
            (whole, fraction) = (whole + 1, fraction - Self::UNIT);
        }
        let digits = format!("{:0width$}", fraction.unsigned_abs(), width = FRACTION);
        let digits = digits.trim_end_matches('0');
        let number = written(whole < 0 || fraction < 0, &whole.unsigned_abs().to_string(), digits);
        Decimal::from_str_exact(&number).map(Some).map_err(|_| TOO_LONG)
    }

    /// The mean, rounded to the digits that the type has.
    pub(crate) fn mean(&self) -> Result<Option<Decimal>, &'static str> {
        let sum = self.sum()?;
        Ok(sum.and_then(|sum| sum.checked_div(Decimal::from(self.count))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_text() {
        for (number, text) in [
            ("0", "A"),
            ("-0.00", "A"),
            ("12.50", "C12.5"),
            ("0.05", "A.05"),
            ("7", "B7"),
            ("-12.5", "-\\87.4~"),
            ("100", "D100"),
        ] {
            let value = Decimal::from_str_exact(number).unwrap_or_default();
            assert_eq!(encode(&value), text, "{number}");
            assert_eq!(decode(text.as_bytes()), Some(value), "{text}");
        }
        for wrong in ["", "12.5", "C12.50", "B012", "D12", "-C12~", "-", "A.", "é1", "-\\87.4"] {
            assert_eq!(decode(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn a_sum_loses_no_digit() {
        let mut sum = DecimalSum::default();
        let least = Decimal::new(1, 28);
        sum.add(Decimal::MAX, true);
        sum.add(least, true);
        assert!(sum.sum().is_err());
        sum.add(Decimal::MAX, false);
        assert_eq!(sum.sum(), Ok(Some(least)));
        sum.add(Decimal::from(-3), true);
        assert_eq!(sum.sum(), Decimal::from_str_exact("-2.9999999999999999999999999999").map(Some).map_err(|_| ""));
        assert_eq!(DecimalSum::default().sum(), Ok(None));
    }
}
