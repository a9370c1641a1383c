//! Dates and times as types: which parts a column has, and in which form its text is.
//!
//! The types themselves are in `time.rs`, with the feature that brings them; what is here needs none of them.

use std::time::SystemTime;

/// The form of a date's or time's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `2024-02-29`.
    Date,
    /// `2024-02-29 13:05:00`, with a fraction of the second where there is one.
    DateTime,
    /// `13:05:00`, with a fraction of the second where there is one.
    Time,
}

/// A date, or a date with a time: it has date parts.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column has no date parts",
    label = "`{Self}` is not a date or time"
)]
pub trait DateBase {
    /// The form of its text.
    #[doc(hidden)]
    const FORM: Form;
}

/// A time, or a date with a time: it has hours, minutes and seconds.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column has no time of day",
    label = "`{Self}` has no hours, minutes and seconds"
)]
pub trait TimeBase {
    /// The form of its text.
    #[doc(hidden)]
    const FORM: Form;
}

/// The time of a write, read once for all fields of a row.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "jiff"), allow(dead_code, reason = "no type without the feature can hold a time"))]
pub struct Now(pub(super) SystemTime);

impl Now {
    /// Asks the clock.
    pub fn read() -> Self {
        Now(SystemTime::now())
    }
}

/// A type that can hold the time of a write: `auto_now` and `auto_now_add`.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` cannot hold the time of a write",
    label = "expected a `Timestamp`, `DateTime` or `Date` field"
)]
pub trait Stamp: Sized {
    /// That time, in UTC, to the microsecond.
    fn at(now: &Now) -> Self;
}
