//! A failure of SQLite, as the driver reports it, made into an [`Error`] that names model and field.
//!
//! SQLite names tables and columns in its messages; [`Context`] knows which model and fields they are.

use rusqlite::ffi;

use super::Error;

/// `SQLITE_CONSTRAINT_DATATYPE`, which the bindings for a system's SQLite are too old to name.
const CONSTRAINT_DATATYPE: std::ffi::c_int = ffi::SQLITE_CONSTRAINT | (12 << 8);

/// What a message of our own SQL functions begins with: the caller has asked for something that has no meaning.
pub(crate) const OURS: &str = "eager-orm: ";

/// What was going on when SQLite failed: enough to name things as the caller does.
pub(crate) struct Context<'a> {
    /// The model the statement is about.
    pub(crate) model: &'static str,
    /// Its table.
    pub(crate) table: &'static str,
    /// The field behind a column of that table.
    pub(crate) field: &'a dyn Fn(&str) -> Option<&'static str>,
    /// The model and the field behind a table or alias, and a column of it, among the models that can be reached.
    pub(crate) elsewhere: &'a dyn Fn(&str, Option<&str>) -> Option<(&'static str, Option<&'static str>)>,
    /// The text of the statement.
    pub(crate) sql: &'a str,
}

/// Translates the driver's error.
pub(crate) fn translate(error: rusqlite::Error, context: &Context<'_>) -> Error {
    let (code, message) = match &error {
        rusqlite::Error::SqliteFailure(failure, message) => (failure.extended_code, message.clone()),
        _ => (ffi::SQLITE_ERROR, None),
    };
    let message = message.unwrap_or_else(|| error.to_string());
    match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            let (model, fields) = named(after_colon(&message), context);
            Error::Unique { model, fields }
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => {
            let (model, fields) = named(after_colon(&message), context);
            Error::NotNull { model, field: fields.join(", ") }
        }
        ffi::SQLITE_CONSTRAINT_CHECK => Error::Check { model: context.model, name: after_colon(&message).to_owned() },
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Error::ForeignKey { model: context.model, relation: None, key: None },
        CONSTRAINT_DATATYPE => {
            // `cannot store REAL value in INTEGER column job.price`: an integer that has outgrown 64 bits, mostly.
            let column = message.rsplit(' ').next().unwrap_or_default();
            let (model, fields) = named(column, context);
            let field = fields.join(", ");
            Error::NotStorable { model, field, reason: "its type or its size is not that of the column" }
        }
        // ON DELETE RESTRICT is a trigger of SQLite's own; a trigger of the user's says something else.
        ffi::SQLITE_CONSTRAINT_TRIGGER if message.starts_with("FOREIGN KEY") => {
            Error::ForeignKey { model: context.model, relation: None, key: None }
        }
        _ => match code & 0xff {
            ffi::SQLITE_BUSY | ffi::SQLITE_PROTOCOL => Error::Busy,
            // Nobody else holds it: the connection would wait for itself.
            ffi::SQLITE_LOCKED => {
                Error::misuse(format!("{message}: rows of it are being streamed in this transaction"))
            }
            ffi::SQLITE_INTERRUPT => Error::Interrupted,
            ffi::SQLITE_IOERR | ffi::SQLITE_CANTOPEN => Error::Io { message },
            ffi::SQLITE_READONLY => Error::ReadOnly { what: "the database" },
            ffi::SQLITE_FULL => Error::Full,
            ffi::SQLITE_CORRUPT => Error::Corrupt { message },
            ffi::SQLITE_NOTADB => Error::NotADatabase { path: "the file".to_owned() },
            ffi::SQLITE_ERROR if message.starts_with(OURS) => Error::misuse(message.trim_start_matches(OURS)),
            ffi::SQLITE_ERROR => missing(&message, context).unwrap_or_else(|| other(message, error, context)),
            _ => other(message, error, context),
        },
    }
}

fn other(message: String, error: rusqlite::Error, context: &Context<'_>) -> Error {
    const LONG: usize = 1000;
    let mut text: String = context.sql.chars().take(LONG).collect();
    if text.len() < context.sql.len() {
        text.push('…');
    }
    let sql = (!text.is_empty()).then_some(text);
    Error::Database { message, sql, source: Some(Box::new(error)) }
}

/// `no such table: book`, `no such column: book.titel`, `table book has no column named titel`.
fn missing(message: &str, context: &Context<'_>) -> Option<Error> {
    if let Some(table) = message.strip_prefix("no such table: ") {
        let table = table.strip_prefix("main.").unwrap_or(table);
        let model = (context.elsewhere)(table, None).map_or(context.model, |(model, _)| model);
        return Some(Error::NoSuchTable { model, table: table.to_owned() });
    }
    let column = message
        .strip_prefix("no such column: ")
        .or_else(|| message.split_once(" has no column named ").map(|(_, column)| column))?;
    // The driver appends the statement and the offset to a message of `prepare`.
    let column = column.split(" in ").next().unwrap_or(column);
    let (alias, column) = column.rsplit_once('.').map_or((None, column), |(alias, column)| (Some(alias), column));
    let found = alias.and_then(|alias| (context.elsewhere)(alias, Some(column)));
    let (model, field) = found.unwrap_or_else(|| (context.model, (context.field)(column)));
    let field = field.unwrap_or(column).to_owned();
    Some(Error::NoSuchColumn { model, field, column: column.to_owned(), sql: context.sql.to_owned() })
}

/// The model and the fields in `book.author_id, book.title`; the text itself where no model has such a table.
fn named(text: &str, context: &Context<'_>) -> (&'static str, Vec<String>) {
    if let Some(fields) = fields(text, context.table, context.field) {
        return (context.model, fields);
    }
    // A statement writes other tables too: those that cascade, and those of triggers.
    for (dot, _) in text.match_indices('.') {
        let Some(table) = text.get(..dot) else { continue };
        let Some((model, _)) = (context.elsewhere)(table, None) else { continue };
        let field = |column: &str| (context.elsewhere)(table, Some(column)).and_then(|(_, field)| field);
        if let Some(fields) = fields(text, table, &field) {
            return (model, fields);
        }
    }
    (context.model, text.split(", ").map(str::to_owned).collect())
}

/// The fields behind `table.column, table.column`, in whose names there may be dots and commas.
fn fields(text: &str, table: &str, field: &dyn Fn(&str) -> Option<&'static str>) -> Option<Vec<String>> {
    // SQLite compares names without case, and says those of the table.
    let (name, text) = text.split_at_checked(table.len())?;
    let text = text.strip_prefix('.').filter(|_| name.eq_ignore_ascii_case(table))?;
    let ends = text.match_indices(", ").map(|(end, _)| end).chain([text.len()]);
    ends.into_iter().find_map(|end| {
        let name = field(text.get(..end)?)?;
        let mut names = vec![name.to_owned()];
        if end < text.len() {
            names.extend(fields(text.get(end + 2..)?, table, field)?);
        }
        Some(names)
    })
}

fn after_colon(message: &str) -> &str {
    message.split_once(": ").map_or(message, |(_, rest)| rest)
}
