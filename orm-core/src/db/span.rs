//! Functions of dates and times: so much later, and how much later. Exact, where SQLite's count in fractions of a day.
//!
//! A text that is no date is NULL, and so is what would lie outside of the years 0 to 9999.

use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp, ToSpan, tz::TimeZone};
use rusqlite::functions::Context;
use rusqlite::{Connection, Result};

use super::functions::{both, flags, integer, text};

/// How many seconds a day has, of a clock without a zone.
const DAY: i64 = 86_400;

/// Registers them.
pub(super) fn register(connection: &Connection) -> Result<()> {
    connection.create_scalar_function(c"eager_plus", 2, flags(), |context| {
        let Some((moment, span)) = text(context, 0)?.zip(span(context)?) else { return Ok(None) };
        Ok(later(moment, span))
    })?;
    connection.create_scalar_function(c"eager_days", 2, flags(), |context| {
        let Some((moment, earlier)) = both(context)? else { return Ok(None) };
        Ok(moments(moment, earlier).map(|(moment, earlier)| moment.duration_since(earlier).as_secs() / DAY))
    })?;
    connection.create_scalar_function(c"eager_seconds", 2, flags(), |context| {
        let Some((moment, earlier)) = both(context)? else { return Ok(None) };
        Ok(moments(moment, earlier).map(|(moment, earlier)| moment.duration_since(earlier).as_secs_f64()))
    })
}

/// The second argument: a span as text, or a number of days.
fn span(context: &Context<'_>) -> Result<Option<Span>> {
    Ok(match integer(context, 1) {
        Some(days) => i32::try_from(days).ok().and_then(|days| 0.days().try_days(days).ok()),
        None => text(context, 1)?.and_then(|span| span.parse().ok()),
    })
}

/// A text of the same form that is so much later.
fn later(moment: &str, span: Span) -> Option<String> {
    if let Some(date) = date(moment) {
        let date = date.checked_add(span).ok().filter(|date| date.year() >= 0)?;
        return Some(date.to_string());
    }
    let moment = date_time(moment)?.checked_add(span).ok().filter(|moment| moment.year() >= 0)?;
    Some(format!("{} {}", moment.date(), moment.time()))
}

/// Two moments; a date is its beginning.
fn moments(moment: &str, earlier: &str) -> Option<(DateTime, DateTime)> {
    let read =
        |text: &str| date(text).map(|date| date.to_datetime(jiff::civil::Time::midnight())).or_else(|| date_time(text));
    read(moment).zip(read(earlier))
}

/// A text that is a date and no more.
fn date(text: &str) -> Option<Date> {
    if text.contains([' ', 'T']) { None } else { text.parse().ok() }
}

/// A date and time as it is stored; one with a zone, written by another program, in UTC.
fn date_time(text: &str) -> Option<DateTime> {
    if text.ends_with('Z') || text.contains('+') {
        return text.parse::<Timestamp>().ok().map(|moment| TimeZone::UTC.to_datetime(moment));
    }
    text.parse().ok()
}
