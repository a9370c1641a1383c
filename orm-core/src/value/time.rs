//! Dates and times of the `jiff` crate, stored as text that sorts as time does.
//!
//! `Date` is `2024-02-29`, `Time` is `13:05:00`, `DateTime` and `Timestamp` are `2024-02-29 13:05:00`, each with a
//! fraction of the second where there is one; a `Timestamp` is stored in UTC. These are the forms SQLite's own date
//! functions read and Django writes. Years outside of 0 to 9999 have no form that sorts, and are refused.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::primitives::scalar;
use super::{Bind, DateBase, Datum, Form, Literal, Mismatch, NotNull, Now, Scalar, Stamp, Storage, TimeBase, Value};

const YEAR: &str = "a year outside of 0 to 9999 has no text that sorts";

fn text(datum: Datum<'_>) -> Result<&str, Mismatch> {
    match datum {
        Datum::Text(bytes) => std::str::from_utf8(bytes).map_err(|_| Mismatch::found(datum)),
        other => Err(Mismatch::found(other)),
    }
}

fn date_time_text(value: DateTime) -> String {
    format!("{} {}", value.date(), value.time())
}

fn in_range(year: i16, text: impl FnOnce() -> String) -> Bind<'static> {
    if year < 0 { Bind::Refused(YEAR) } else { Bind::Text(Cow::Owned(text())) }
}

macro_rules! time {
    ($type:ty, |$value:ident| $bind:expr, |$text:ident| $read:expr) => {
        scalar!(
            $type,
            Text,
            |datum| {
                let $text = text(datum)?;
                $read.map_err(|_| Mismatch::found(datum))
            },
            |$value| $bind,
            |out| match Value::bind(&out).into_owned() {
                Bind::Text(text) => Scalar::Text(text.into_owned()),
                _ => Scalar::Null,
            }
        );
    };
}

time!(Date, |value| in_range(value.year(), || value.to_string()), |text| text.parse::<Date>());
impl DateBase for Date {
    const FORM: Form = Form::Date;
}

time!(Time, |value| Bind::Text(Cow::Owned(value.to_string())), |text| text.parse::<Time>());
impl TimeBase for Time {
    const FORM: Form = Form::Time;
}

time!(DateTime, |value| in_range(value.year(), || date_time_text(*value)), |text| text.parse::<DateTime>());
impl DateBase for DateTime {
    const FORM: Form = Form::DateTime;
}
impl TimeBase for DateTime {
    const FORM: Form = Form::DateTime;
}

time!(
    Timestamp,
    |value| {
        let utc = TimeZone::UTC.to_datetime(*value);
        in_range(utc.year(), || date_time_text(utc))
    },
    |text| match text.parse::<DateTime>() {
        // The stored form has no zone; a form with one, written by another program, is read as it stands.
        Ok(utc) if !text.ends_with('Z') && !text.contains('+') => TimeZone::UTC.to_timestamp(utc),
        _ => text.parse::<Timestamp>(),
    }
);
impl DateBase for Timestamp {
    const FORM: Form = Form::DateTime;
}
impl TimeBase for Timestamp {
    const FORM: Form = Form::DateTime;
}

impl Stamp for Timestamp {
    fn at(now: &Now) -> Self {
        // A clock that stands where no time has a text is as good as none.
        let now = Timestamp::try_from(now.0).unwrap_or(Timestamp::UNIX_EPOCH);
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}
impl Stamp for DateTime {
    fn at(now: &Now) -> Self {
        TimeZone::UTC.to_datetime(Timestamp::at(now))
    }
}
impl Stamp for Date {
    fn at(now: &Now) -> Self {
        DateTime::at(now).date()
    }
}
