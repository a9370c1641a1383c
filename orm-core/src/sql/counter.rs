//! The triggers that keep a counter, and the statement that counts anew, as text.
//!
//! A row that comes adds one and a row that goes takes one away. What SQLite deletes for a REPLACE fires no trigger (but
//! with `recursive_triggers`, which is the writer's to set): before such a write, what is about to be deleted is noted in
//! [`NOTED`] with the row that counts it, and afterwards, where it is gone, that row counts anew. An insert may become an
//! update instead, which deletes nothing: then nothing is counted.

use super::writer::Writer;
use crate::statement::{Counter, CounterTrigger};

/// The table of the rows that may be deleted in silence, each with the row that counts it. What is left there after a
/// statement does no harm: whether a row is gone is asked when it matters.
pub(crate) const NOTED: &str = "eager_orm_recount";

/// Its columns for the key of such a row, as many as a key can have.
const NOTED_KEY: [&str; 4] = ["row", "row2", "row3", "row4"];

/// What the rows that are counted are called: a table may be in both roles.
const COUNTED: &str = "eager_orm_counted";

impl Writer {
    /// The table that triggers note in.
    pub(super) fn create_noted(&mut self) {
        self.push("CREATE TABLE IF NOT EXISTS ");
        self.ident(NOTED);
        self.push(" (\"counter\" TEXT NOT NULL, \"key\" ANY, ");
        self.list(&NOTED_KEY, ", ", |writer, column| {
            writer.ident(column);
            writer.push(" ANY");
        });
        self.push(") STRICT");
    }

    /// `UPDATE .. SET counter = (SELECT count(*) ..) WHERE counter IS NOT (SELECT count(*) ..)`.
    pub(super) fn recount(&mut self, counters: &[Counter]) {
        let Some(first) = counters.first() else { return };
        self.push("UPDATE ");
        self.ident(first.table);
        self.push(" SET ");
        self.list(counters, ", ", |writer, counter| {
            writer.ident(counter.column);
            writer.push(" = ");
            writer.count(counter, counter.table);
        });
        self.push(" WHERE ");
        self.list(counters, " OR ", |writer, counter| {
            writer.ident(counter.column);
            writer.push(" IS NOT ");
            writer.count(counter, counter.table);
        });
    }

    pub(super) fn create_trigger(&mut self, counter: &Counter, trigger: CounterTrigger) {
        let event = match trigger {
            CounterTrigger::Inserted | CounterTrigger::Counting => "AFTER INSERT",
            CounterTrigger::Deleted => "AFTER DELETE",
            CounterTrigger::Moved | CounterTrigger::Renamed => "AFTER UPDATE",
            CounterTrigger::Replacing => "BEFORE INSERT",
            CounterTrigger::ReplacingByUpdate => "BEFORE UPDATE",
        };
        self.push("CREATE TRIGGER IF NOT EXISTS ");
        self.ident(&trigger.name(counter));
        self.push(" ");
        self.push(event);
        let columns = columns(counter, trigger);
        if !columns.is_empty() {
            self.push(" OF ");
            self.list(&columns, ", ", |writer, column| writer.ident(column));
        }
        self.push(" ON ");
        self.ident(trigger.table(counter));
        match trigger {
            CounterTrigger::Inserted => {
                self.push(" FOR EACH ROW BEGIN ");
                self.step(counter, "NEW", '+', trigger);
                self.count_gone(counter, trigger);
            }
            CounterTrigger::Deleted => {
                self.push(" FOR EACH ROW BEGIN ");
                self.step(counter, "OLD", '-', trigger);
            }
            CounterTrigger::Moved => {
                // A save writes the key that was there: nothing has moved then.
                self.push(" WHEN (");
                self.has_moved(counter);
                self.push(" OR ");
                self.old_is_noted(counter);
                self.push(") BEGIN ");
                self.step(counter, "OLD", '-', trigger);
                self.step(counter, "NEW", '+', trigger);
                self.count_gone(counter, trigger);
            }
            CounterTrigger::Replacing | CounterTrigger::ReplacingByUpdate => {
                let by_update = trigger == CounterTrigger::ReplacingByUpdate;
                self.push(" WHEN EXISTS (SELECT 1 FROM ");
                self.ident(counter.rows);
                self.push(" WHERE ");
                self.is_replaced(counter);
                if by_update {
                    self.push(" AND NOT (");
                    self.is_old(counter);
                    self.push(")");
                }
                self.push(") BEGIN ");
                self.forget_noted(counter);
                self.push("; INSERT INTO ");
                self.ident(NOTED);
                self.push(" (\"counter\", \"key\", ");
                self.list(&keys(counter), ", ", |writer, (noted, _)| writer.ident(noted));
                self.push(") SELECT ");
                self.name_of(counter);
                self.push(", ");
                self.ident(&counter.link);
                self.push(", ");
                self.list(&counter.row_key, ", ", |writer, column| writer.ident(column));
                self.push(" FROM ");
                self.ident(counter.rows);
                self.push(" WHERE ");
                self.is_replaced(counter);
                if by_update {
                    self.push(" OR ");
                    self.is_old(counter);
                }
                self.push("; ");
            }
            CounterTrigger::Counting | CounterTrigger::Renamed => {
                self.push(" WHEN (");
                if trigger == CounterTrigger::Renamed && counter.table == counter.rows {
                    // One that keeps its key is counted when it points elsewhere.
                    self.push("OLD.");
                    self.ident(counter.key);
                    self.push(" IS NOT NEW.");
                    self.ident(counter.key);
                    self.push(" AND ");
                }
                self.push("NEW.");
                self.ident(counter.column);
                self.push(" IS NOT ");
                self.count(counter, "NEW");
                self.push(") BEGIN UPDATE ");
                self.ident(counter.table);
                self.push(" SET ");
                self.ident(counter.column);
                self.push(" = ");
                self.count(counter, "NEW");
                self.push(" WHERE ");
                self.ident(counter.key);
                self.push(" = NEW.");
                self.ident(counter.key);
                self.push("; ");
            }
        }
        self.push("END");
    }

    /// `(SELECT count(*) FROM rows WHERE link = row.key)`.
    fn count(&mut self, counter: &Counter, row: &str) {
        self.push("(SELECT count(");
        match &counter.other_end {
            Some(column) => self.ident(column),
            None => self.push("*"),
        }
        self.push(") FROM ");
        self.ident(counter.rows);
        self.push(" AS ");
        self.ident(COUNTED);
        self.push(" WHERE ");
        self.ident(COUNTED);
        self.push(".");
        self.ident(&counter.link);
        self.push(" = ");
        self.ident(row);
        self.push(".");
        self.ident(counter.key);
        self.push(")");
    }

    /// One more or one less, in the row that `OLD` or `NEW` points at. A new row that counts has counted itself, and so has
    /// one that has another key.
    fn step(&mut self, counter: &Counter, row: &str, sign: char, trigger: CounterTrigger) {
        self.push("UPDATE ");
        self.ident(counter.table);
        self.push(" SET ");
        self.ident(counter.column);
        self.push(" = ");
        self.ident(counter.column);
        match &counter.other_end {
            Some(column) => {
                self.push(&format!(" {sign} ({row}."));
                self.ident(column);
                self.push(" IS NOT NULL)");
            }
            None => self.push(&format!(" {sign} 1")),
        }
        self.push(" WHERE ");
        self.ident(counter.key);
        self.push(&format!(" = {row}."));
        self.ident(&counter.link);
        let is_moved = trigger == CounterTrigger::Moved;
        if is_moved {
            self.push(" AND (");
            self.has_moved(counter);
            self.push(")");
        }
        if counter.table == counter.rows && trigger != CounterTrigger::Deleted {
            self.push(" AND (");
            self.ident(counter.key);
            self.push(" IS NOT NEW.");
            self.ident(counter.key);
            if is_moved {
                self.push(" OR OLD.");
                self.ident(counter.key);
                self.push(" IS NEW.");
                self.ident(counter.key);
            }
            self.push(")");
        }
        self.push("; ");
    }

    /// `OLD.link IS NOT NEW.link`, and of the other end.
    fn has_moved(&mut self, counter: &Counter) {
        let columns: Vec<&String> = std::iter::once(&counter.link).chain(&counter.other_end).collect();
        self.list(&columns, " OR ", |writer, column| {
            writer.push("OLD.");
            writer.ident(column);
            writer.push(" IS NOT NEW.");
            writer.ident(column);
        });
    }

    /// Counts anew where what was noted before the write is gone, and forgets it. What has got the key of a row that was
    /// there is in its place. A row that is updated is not gone, and is noted itself; one that is not is updated by a
    /// foreign key in the middle of the write, and what was noted is still going.
    fn count_gone(&mut self, counter: &Counter, trigger: CounterTrigger) {
        let is_update = trigger == CounterTrigger::Moved;
        self.push("UPDATE ");
        self.ident(counter.table);
        self.push(" SET ");
        self.ident(counter.column);
        self.push(" = ");
        self.count(counter, counter.table);
        self.push(" WHERE ");
        self.ident(counter.key);
        self.push(" IN (SELECT \"key\" FROM ");
        self.ident(NOTED);
        self.push(" WHERE \"counter\" = ");
        self.name_of(counter);
        self.push(" AND ");
        if is_update {
            self.old_is_noted(counter);
            self.push(" AND NOT (");
            self.is_noted(counter, "OLD");
            self.push(") AND ");
        }
        self.push("(");
        self.is_noted(counter, "NEW");
        self.push(" OR ");
        self.is_gone(counter);
        self.push(")); ");
        self.forget_noted(counter);
        if is_update {
            self.push(" AND ");
            self.old_is_noted(counter);
        }
        self.push("; ");
    }

    /// `EXISTS (SELECT 1 FROM noted WHERE row IS OLD.key)`.
    fn old_is_noted(&mut self, counter: &Counter) {
        self.push("EXISTS (SELECT 1 FROM ");
        self.ident(NOTED);
        self.push(" WHERE \"counter\" = ");
        self.name_of(counter);
        self.push(" AND ");
        self.is_noted(counter, "OLD");
        self.push(")");
    }

    /// Whether the noted row is this one: `row IS OLD.key`.
    fn is_noted(&mut self, counter: &Counter, row: &str) {
        self.list(&keys(counter), " AND ", |writer, (noted, column)| {
            writer.ident(noted);
            writer.push(&format!(" IS {row}."));
            writer.ident(column);
        });
    }

    /// Whether no row has the key of the noted one.
    fn is_gone(&mut self, counter: &Counter) {
        self.push("NOT EXISTS (SELECT 1 FROM ");
        self.ident(counter.rows);
        self.push(" AS ");
        self.ident(COUNTED);
        self.push(" WHERE ");
        self.list(&keys(counter), " AND ", |writer, (noted, column)| {
            writer.ident(COUNTED);
            writer.push(".");
            writer.ident(column);
            writer.push(" = ");
            writer.ident(NOTED);
            writer.push(".");
            writer.ident(noted);
        });
        self.push(")");
    }

    fn forget_noted(&mut self, counter: &Counter) {
        self.push("DELETE FROM ");
        self.ident(NOTED);
        self.push(" WHERE \"counter\" = ");
        self.name_of(counter);
    }

    /// `(key = NEW.key OR ..)`: what a REPLACE would delete.
    fn is_replaced(&mut self, counter: &Counter) {
        self.push("(");
        self.list(&counter.uniques, " OR ", |writer, columns| {
            writer.push("(");
            writer.list(columns, " AND ", |writer, column| {
                writer.ident(column);
                writer.push(" = NEW.");
                writer.ident(column);
            });
            writer.push(")");
        });
        self.push(")");
    }

    /// `key IS OLD.key`: the row that is updated.
    fn is_old(&mut self, counter: &Counter) {
        self.list(&counter.row_key, " AND ", |writer, column| {
            writer.ident(column);
            writer.push(" IS OLD.");
            writer.ident(column);
        });
    }

    /// The counter's own name, as a text.
    fn name_of(&mut self, counter: &Counter) {
        self.push("'");
        self.push(&format!("{}.{}", counter.table, counter.column).replace('\'', "''"));
        self.push("'");
    }
}

/// The columns of the key of a row that is counted, each after the column of [`NOTED`] that has it.
fn keys(counter: &Counter) -> Vec<(&'static str, &String)> {
    NOTED_KEY.into_iter().zip(&counter.row_key).collect()
}

/// The columns whose update concerns a trigger.
fn columns(counter: &Counter, trigger: CounterTrigger) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    match trigger {
        CounterTrigger::Moved => {
            columns.push(counter.link.clone());
            columns.extend(counter.other_end.clone());
            columns.extend(counter.uniques.iter().flatten().cloned());
        }
        CounterTrigger::ReplacingByUpdate => columns.extend(counter.uniques.iter().flatten().cloned()),
        CounterTrigger::Renamed => columns.push(counter.key.to_owned()),
        _ => {}
    }
    let mut seen = std::collections::HashSet::new();
    columns.retain(|column| seen.insert(column.to_ascii_lowercase()));
    columns
}
