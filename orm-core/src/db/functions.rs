//! The SQL functions every connection of ours has, where SQLite's own stop at ASCII or at a NUL.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

use crate::value::fold;

/// Registers them.
pub(super) fn register(connection: &Connection) -> Result<()> {
    rusqlite::vtab::array::load_module(connection)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function(c"eager_fold", 1, flags, |context| Ok(text(context, 0)?.map(fold)))?;
    connection.create_scalar_function(c"eager_length", 1, flags, |context| {
        Ok(text(context, 0)?.map(|text| i64::try_from(text.chars().count()).unwrap_or(i64::MAX)))
    })?;
    connection.create_scalar_function(c"eager_concat", -1, flags, |context| {
        (0..context.len()).map(|argument| Ok(text(context, argument)?.unwrap_or_default())).collect::<Result<String>>()
    })?;
    connection.create_scalar_function(c"eager_replace", 3, flags, |context| {
        let (from, to) = (text(context, 1)?, text(context, 2)?);
        Ok(match (text(context, 0)?, from, to) {
            (Some(text), Some(""), Some(_)) => Some(text.to_owned()),
            (Some(text), Some(from), Some(to)) => Some(text.replace(from, to)),
            _ => None,
        })
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
    })
}

/// A text argument; NULL and anything that is no UTF-8 text are no text.
fn text<'a>(context: &'a Context<'_>, argument: usize) -> Result<Option<&'a str>> {
    Ok(match context.get_raw(argument) {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    })
}

fn both<'a>(context: &'a Context<'_>) -> Result<Option<(&'a str, &'a str)>> {
    Ok(text(context, 0)?.zip(text(context, 1)?))
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
