//! Statements whose text is the user's: what they may be is asked before anything runs.
//!
//! Comes in: text that no room of ours has written, and its binds. Goes out: rows. Whether a statement writes is what
//! SQLite says of it once it is prepared, so it is prepared on a connection that reads first.

use std::panic::Location;

use super::connection::{failure_of, owned, told};
use super::link;
use super::log::Does;
use super::storable::storable;
use super::told::{Ran, Watch};
use super::{About, Connection, Executor, Need, Row};
use crate::error::{Error, Result};
use crate::sql::Sql;

/// Statements that would change one connection of many, or end what somebody else began, with what to write instead.
const REFUSED: &[(&[&str], &str)] = &[
    (&["BEGIN", "COMMIT", "END", "ROLLBACK"], "`db.transaction(|tx| ..)`"),
    (&["SAVEPOINT", "RELEASE"], "`tx.savepoint(|tx| ..)`"),
    (&["ATTACH", "DETACH"], "`db.raw(|connection| ..)`, which is the one connection that writes"),
];

/// A statement of the user's, prepared and not yet run.
pub(crate) struct RawStatement<'c, 's> {
    statement: link::Statement<'c>,
    connection: Connection<'c>,
    sql: &'s Sql,
    about: About,
    watch: Watch,
}

/// Who reads the rows of a statement.
pub(crate) trait RawReader {
    /// Sees the names of the columns before anything runs, and may refuse them.
    fn columns(&mut self, names: Vec<String>) -> Result<()>;
    /// Reads a row; says whether it wants more.
    fn row(&mut self, row: Row<'_>) -> Result<bool>;
}

/// What is done with a prepared statement, and the connection it is on.
pub(crate) type RawWork<'a, 's> = &'a mut dyn FnMut(&Connection<'_>, RawStatement<'_, 's>) -> Result<()>;

/// Prepares a statement where it may run, and hands it over: one that reads where `reads` says, one that writes where
/// `writes` does.
pub(crate) fn run_raw<'s>(
    db: &dyn Executor,
    at: &'static Location<'static>,
    (sql, about): (&'s Sql, About),
    (reads, writes): (Need, Need),
    work: RawWork<'_, 's>,
) -> Result<()> {
    let mut is_write = false;
    db.run(reads, at, &mut |connection| {
        let statement = RawStatement::prepare(connection, sql, about)?;
        if statement.statement.is_readonly() {
            return connection.noting_raw(sql, || work(connection, statement));
        }
        is_write = true;
        Ok(())
    })?;
    if !is_write {
        return Ok(());
    }
    // What is no change of rows may not be able to run in a transaction.
    let changes_rows = ["insert", "update", "delete", "replace", "with"];
    let is_change = changes_rows.iter().any(|word| first_word(&sql.text).eq_ignore_ascii_case(word));
    let writes = if is_change || writes != Need::Write { writes } else { Need::WriteAlone };
    db.run(writes, at, &mut |connection| {
        connection.noting_raw(sql, || work(connection, RawStatement::prepare(connection, sql, about)?))
    })
}

impl<'c, 's> RawStatement<'c, 's> {
    /// Prepares it, and checks that it is one statement that has as many binds as it asks for.
    fn prepare(connection: &Connection<'c>, sql: &'s Sql, about: About) -> Result<Self> {
        let word = first_word(&sql.text);
        if word.is_empty() {
            return Err(Error::misuse("a raw statement without a statement in it"));
        }
        if sql.text.contains('\0') {
            return Err(Error::misuse("a raw statement with a NUL character: SQLite would read no further"));
        }
        for (words, instead) in REFUSED {
            if words.iter().any(|refused| word.eq_ignore_ascii_case(refused)) {
                return Err(Error::misuse(format!("`{word}` is not for `raw`: write {instead}")));
            }
        }
        let watch = Watch::start(connection.database());
        let prepared = connection.link().prepare(&sql.text);
        let statement = prepared.map_err(|error| raw_error(error, sql, about))?;
        let (expected, given) = (statement.parameter_count(), sql.binds.len());
        if expected != given {
            return Err(Error::BindCount { expected, given, sql: sql.text.to_string() });
        }
        watch.sees(&statement);
        Ok(RawStatement { statement, connection: *connection, sql, about, watch })
    }

    /// Runs it and hands its rows to `reader`, until that has enough.
    pub(crate) fn query(self, reader: &mut dyn RawReader) -> Result<()> {
        let names = self.statement.column_names();
        reader.columns(names.clone())?;
        storable(&self.sql.binds, self.about)?;
        // What writes is run to its end, whoever has enough of its rows.
        let reads = self.statement.is_readonly();
        let (mut count, mut enough) = (0, false);
        let rows = self.statement.query(&self.sql.binds);
        let mut rows = rows.map_err(|error| raw_error(error, self.sql, self.about))?;
        let (watch, mut failed) = (self.watch, None);
        let mut go = || {
            while let Some(row) = rows.next().map_err(|error| {
                let error = raw_error(error, self.sql, self.about);
                failed = watch.asks(|| Some(error.to_string()));
                error
            })? {
                if count == 0 {
                    // A statement that was kept is prepared anew when the tables have changed since.
                    let now = row.column_names();
                    if now != names {
                        reader.columns(now)?;
                    }
                }
                count += 1;
                if !enough {
                    enough = !reader.row(row)?;
                }
                if enough && reads {
                    break;
                }
            }
            Ok(())
        };
        let outcome = go();
        let counters = watch.asks(|| rows.counters());
        drop(rows);
        let Sql { text, binds } = self.sql;
        let does = if reads { Does::Read } else { Does::Write };
        let version = watch.asks(|| Some(self.connection.link().version()));
        let ran = Ran { rows: count, counters, error: failed, version, ..Ran::new(does, self.about) };
        watch.end(self.connection.database(), || (text, owned(binds)), ran);
        outcome
    }

    /// Runs it; says how many rows it changed.
    pub(crate) fn execute(mut self) -> Result<u64> {
        // To SQLite, ALTER TABLE has the columns of what it asks of the table's rows; it returns none.
        if self.statement.column_count() > 0 && !first_word(&self.sql.text).eq_ignore_ascii_case("alter") {
            return Err(Error::misuse("this raw statement returns rows: read them with `.all(&db)`"));
        }
        let Sql { text, binds } = self.sql;
        storable(binds, self.about)?;
        let raw = self.connection.raw();
        let before = raw.total_changes();
        let changed = self.statement.execute(binds).map_err(|error| raw_error(error, self.sql, self.about));
        // SQLite counts what the last INSERT, UPDATE or DELETE changed: of another statement, that is an older one.
        let changed = changed.map(|changed| if raw.total_changes() == before { 0 } else { changed });
        let counters = self.watch.asks(|| self.statement.counters());
        let (rows, error) = (changed.as_ref().copied().unwrap_or(0), self.watch.asks(|| failure_of(&changed)));
        let ran = Ran { rows, counters, error, ..Ran::new(Does::Write, self.about) };
        self.watch.end(self.connection.database(), || (text, owned(binds)), ran);
        changed
    }
}

/// What the driver says of a statement of the user's. A table or a column that is missing is missing in the text, and
/// not in a model.
#[cold]
fn raw_error(error: rusqlite::Error, sql: &Sql, about: About) -> Error {
    let message = match &error {
        rusqlite::Error::MultipleStatement => return Error::SeveralStatements { sql: sql.text.to_string() },
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    };
    match told(error, &sql.text, about) {
        Error::NoSuchTable { .. } | Error::NoSuchColumn { .. } => {
            Error::Database { message, sql: Some(sql.text.to_string()), source: None }
        }
        error => error,
    }
}

/// The word a statement begins with, behind blanks and comments.
fn first_word(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ';' || c == '\u{feff}');
        let behind = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n')
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/")
        } else {
            break;
        };
        rest = behind.map_or("", |(_, rest)| rest);
    }
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    // A statement that begins with a sign is an error SQLite finds a better word for.
    match rest.get(..end) {
        Some("") | None => rest,
        Some(word) => word,
    }
}

#[cfg(test)]
mod tests {
    use super::first_word;

    #[test]
    fn the_first_word_is_found_behind_comments() {
        for (text, word) in [
            ("begin", "begin"),
            (" ;\n-- SELECT\n/* x */ COMMIT;", "COMMIT"),
            ("-- nothing", ""),
            ("/* nothing", ""),
            (" ; ", ""),
            ("(x", "(x"),
            ("VALUES(1)", "VALUES"),
        ] {
            assert_eq!(first_word(text), word, "{text}");
        }
    }
}
