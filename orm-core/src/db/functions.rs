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
