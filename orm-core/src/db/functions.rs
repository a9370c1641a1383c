//! The SQL functions every connection of ours has, where SQLite has none, or its own stop at ASCII or at a NUL.
//!
//! Those of text are here; `pattern.rs`, `math.rs` and `spread.rs` have the others. All are deterministic, and NULL where
//! an argument is.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result, ffi};

use super::{key, link, math, pattern, spread};
use crate::value::fold;

/// What may be said of every one of them.
pub(super) fn flags() -> FunctionFlags {
    FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS
}

/// Registers them.
pub(super) fn register(connection: &Connection) -> Result<()> {
    link::register_arrays(connection)?;
    let flags = flags();
    connection.create_scalar_function(c"eager_fold", 1, flags, |context| Ok(text(context, 0)?.map(fold)))?;
    connection.create_scalar_function(c"eager_length", 1, flags, |context| Ok(text(context, 0)?.map(length)))?;
    connection.create_scalar_function(c"eager_concat", -1, flags, |context| {
        (0..context.len()).map(|argument| Ok(text(context, argument)?.unwrap_or_default())).collect::<Result<String>>()
    })?;
    connection.create_scalar_function(c"eager_substr", 3, flags, |context| {
        let (start, length) = (context.get::<i64>(1)?, context.get::<i64>(2)?);
        Ok(text(context, 0)?.map(|text| part(text, start, length).to_owned()))
    })?;
    connection.create_scalar_function(c"eager_starts_with", 2, flags, |context| {
        Ok(both(context)?.map(|(text, start)| text.starts_with(start)))
    })?;
    connection.create_scalar_function(c"eager_ends_with", 2, flags, |context| {
        Ok(both(context)?.map(|(text, end)| text.ends_with(end)))
    })?;
    connection.create_scalar_function(c"eager_reverse", 1, flags, |context| {
        Ok(text(context, 0)?.map(|text| text.chars().rev().collect::<String>()))
    })?;
    connection.create_scalar_function(c"eager_ord", 1, flags, |context| {
        Ok(text(context, 0)?.and_then(|text| text.chars().next()).map(|first| i64::from(u32::from(first))))
    })?;
    connection.create_scalar_function(c"eager_chr", 1, flags, |context| {
        let code = integer(context, 0).and_then(|code| u32::try_from(code).ok());
        Ok(code.and_then(char::from_u32).map(String::from))
    })?;
    parts(connection, flags)?;
    paddings(connection, flags)?;
    pattern::register(connection)?;
    key::register(connection)?;
    math::register(connection)?;
    #[cfg(feature = "decimal")]
    super::decimal::register(connection)?;
    #[cfg(feature = "jiff")]
    super::span::register(connection)?;
    spread::register(connection)
}

/// Parts of a text, counted in characters.
fn parts(connection: &Connection, flags: FunctionFlags) -> Result<()> {
    connection.create_scalar_function(c"eager_left", 2, flags, |context| {
        let Some((text, count)) = text(context, 0)?.zip(integer(context, 1)) else { return Ok(None) };
        Ok(Some(first(text, count).to_owned()))
    })?;
    connection.create_scalar_function(c"eager_right", 2, flags, |context| {
        let Some((text, count)) = text(context, 0)?.zip(integer(context, 1)) else { return Ok(None) };
        Ok(Some(without_first(text, length(text).saturating_sub(count.max(0))).to_owned()))
    })?;
    connection.create_scalar_function(c"eager_substr_from", 2, flags, |context| {
        let Some((text, start)) = text(context, 0)?.zip(integer(context, 1)) else { return Ok(None) };
        // As SQLite's `substr` has it: from 1 on, and from the end where it is negative.
        let skipped = if start < 0 { length(text).saturating_add(start) } else { start.saturating_sub(1) };
        Ok(Some(without_first(text, skipped).to_owned()))
    })
}

/// Texts made longer. How long they may get is known before they are made.
fn paddings(connection: &Connection, flags: FunctionFlags) -> Result<()> {
    let limit = usize::try_from(connection.limit(Limit::SQLITE_LIMIT_LENGTH)?).unwrap_or(usize::MAX);
    connection.create_scalar_function(c"eager_repeat", 2, flags, move |context| {
        let Some((text, times)) = text(context, 0)?.zip(integer(context, 1)) else { return Ok(None) };
        let times = usize::try_from(times.max(0)).unwrap_or(usize::MAX);
        if text.len().saturating_mul(times) > limit {
            return Err(too_big());
        }
        Ok(Some(text.repeat(times)))
    })?;
    connection.create_scalar_function(c"eager_replace", 3, flags, move |context| {
        let (from, to) = (text(context, 1)?, text(context, 2)?);
        let (Some(text), Some(from), Some(to)) = (text(context, 0)?, from, to) else { return Ok(None) };
        if from.is_empty() {
            return Ok(Some(text.to_owned()));
        }
        let grows = to.len().saturating_sub(from.len());
        if text.len().saturating_add(text.matches(from).count().saturating_mul(grows)) > limit {
            return Err(too_big());
        }
        Ok(Some(text.replace(from, to)))
    })?;
    connection.create_scalar_function(c"eager_lpad", 3, flags, move |context| padded(context, limit, true))?;
    connection.create_scalar_function(c"eager_rpad", 3, flags, move |context| padded(context, limit, false))
}

/// A text of so many characters: filled up where it is shorter, cut off where it is longer.
fn padded(context: &Context<'_>, limit: usize, is_left: bool) -> Result<Option<String>> {
    let (Some(text), Some(count), Some(fill)) = (text(context, 0)?, integer(context, 1), text(context, 2)?) else {
        return Ok(None);
    };
    let missing = count.saturating_sub(length(text));
    if missing <= 0 || fill.is_empty() {
        return Ok(Some(first(text, count).to_owned()));
    }
    let whole = usize::try_from(missing / length(fill)).unwrap_or(usize::MAX);
    let rest = first(fill, missing % length(fill));
    let size = fill.len().saturating_mul(whole).saturating_add(rest.len()).saturating_add(text.len());
    if size > limit {
        return Err(too_big());
    }
    let mut padded = String::with_capacity(size);
    if !is_left {
        padded.push_str(text);
    }
    padded.extend(std::iter::repeat_n(fill, whole));
    padded.push_str(rest);
    if is_left {
        padded.push_str(text);
    }
    Ok(Some(padded))
}

/// A text argument; NULL and anything that is no UTF-8 text are no text.
pub(super) fn text<'a>(context: &'a Context<'_>, argument: usize) -> Result<Option<&'a str>> {
    Ok(match context.get_raw(argument) {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    })
}

/// Two text arguments.
pub(super) fn both<'a>(context: &'a Context<'_>) -> Result<Option<(&'a str, &'a str)>> {
    Ok(text(context, 0)?.zip(text(context, 1)?))
}

pub(super) fn integer(context: &Context<'_>, argument: usize) -> Option<i64> {
    match context.get_raw(argument) {
        ValueRef::Integer(value) => Some(value),
        _ => None,
    }
}

fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// The first characters of a text.
fn first(text: &str, count: i64) -> &str {
    let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
    text.char_indices().nth(count).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// A text without its first characters.
fn without_first(text: &str, count: i64) -> &str {
    let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
    text.char_indices().nth(count).and_then(|(start, _)| text.get(start..)).unwrap_or_default()
}

/// What SQLite itself says of a text that is longer than it allows.
fn too_big() -> Error {
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_TOOBIG), None)
}

/// Characters counted from 1, or from the end where `start` is negative; a negative length takes those before it.
fn part(text: &str, start: i64, length: i64) -> &str {
    let first = if start < 0 {
        i64::try_from(text.chars().count()).unwrap_or(i64::MAX).saturating_add(start).saturating_add(1)
    } else {
        start
    };
    let end = first.saturating_add(length);
    // The place of a character, counted from 1, in bytes; there is none before the first.
    let byte = |at: i64| {
        let before = usize::try_from(at - 1).unwrap_or(0);
        text.char_indices().nth(before).map_or(text.len(), |(byte, _)| byte)
    };
    let (from, to) = (byte(first.min(end).max(1)), byte(first.max(end).max(1)));
    text.get(from..to).unwrap_or_default()
}
