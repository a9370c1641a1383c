//! The triggers that keep a counter, and the statement that counts anew, as text.
//!
//! A row that comes adds one and a row that goes takes one away. What SQLite deletes for a REPLACE fires no trigger (but
//! with `recursive_triggers`, which is the writer's to set): before such a write, the rows that count what is about to be
//! deleted are noted in [`NOTED`], and afterwards these are counted anew.

use super::writer::Writer;
use crate::statement::{Counter, CounterTrigger};

/// The table of the rows that are to be counted anew: empty outside of a statement.
const NOTED: &str = "eager_orm_recount";

/// What the rows that are counted are called: a table may be in both roles.
const COUNTED: &str = "eager_orm_counted";

impl Writer {
    /// The table that triggers note in.
    pub(super) fn create_noted(&mut self) {
        self.push("CREATE TABLE IF NOT EXISTS ");
        self.ident(NOTED);
        self.push(" (\"counter\" TEXT NOT NULL, \"key\" ANY NOT NULL) STRICT");
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
                self.step(counter, "NEW", '+', counter.table == counter.rows);
                self.count_noted(counter);
            }
            CounterTrigger::Deleted => {
                self.push(" FOR EACH ROW BEGIN ");
                self.step(counter, "OLD", '-', false);
            }
            CounterTrigger::Moved => {
                // A save writes the key that was there: nothing has moved then.
                self.push(" WHEN ");
                for column in [Some(&counter.link), counter.other_end.as_ref()].into_iter().flatten() {
                    self.push("OLD.");
                    self.ident(column);
                    self.push(" IS NOT NEW.");
                    self.ident(column);
                    self.push(" OR ");
                }
                self.push("EXISTS (SELECT 1 FROM ");
                self.ident(NOTED);
                self.push(") BEGIN ");
                self.step(counter, "OLD", '-', false);
                self.step(counter, "NEW", '+', false);
                self.count_noted(counter);
            }
            CounterTrigger::Replacing | CounterTrigger::ReplacingByUpdate => {
                let itself = trigger == CounterTrigger::ReplacingByUpdate;
                self.push(" WHEN EXISTS (SELECT 1");
                self.replaced(counter, itself);
                self.push(") BEGIN ");
                self.forget_noted(counter);
                self.push("INSERT INTO ");
                self.ident(NOTED);
                self.push(" SELECT ");
                self.name_of(counter);
                self.push(", ");
                self.ident(&counter.link);
                self.replaced(counter, itself);
                self.push(" AND ");
                self.ident(&counter.link);
                self.push(" IS NOT NULL; ");
            }
            CounterTrigger::Counting | CounterTrigger::Renamed => {
                self.push(" WHEN (NEW.");
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

    /// One more or one less, in the row that `OLD` or `NEW` points at; not in itself, where `but_itself` says so: a new row
    /// that counts has counted itself.
    fn step(&mut self, counter: &Counter, row: &str, sign: char, but_itself: bool) {
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
        if but_itself {
            self.push(" AND ");
            self.ident(counter.key);
            self.push(&format!(" IS NOT {row}."));
            self.ident(counter.key);
        }
        self.push("; ");
    }

    /// Counts anew what was noted before the write.
    fn count_noted(&mut self, counter: &Counter) {
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
        self.push("); ");
        self.forget_noted(counter);
    }

    fn forget_noted(&mut self, counter: &Counter) {
        self.push("DELETE FROM ");
        self.ident(NOTED);
        self.push(" WHERE \"counter\" = ");
        self.name_of(counter);
        self.push("; ");
    }

    /// ` FROM rows WHERE (key = NEW.key OR ..)`: what a REPLACE would delete.
    fn replaced(&mut self, counter: &Counter, by_update: bool) {
        self.push(" FROM ");
        self.ident(counter.rows);
        self.push(" WHERE (");
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
        if by_update {
            self.push(" AND (");
            self.list(&counter.row_key, " OR ", |writer, column| {
                writer.ident(column);
                writer.push(" IS NOT OLD.");
                writer.ident(column);
            });
            self.push(")");
        }
    }

    /// The counter's own name, as a text.
    fn name_of(&mut self, counter: &Counter) {
        self.push("'");
        self.push(&format!("{}.{}", counter.table, counter.column).replace('\'', "''"));
        self.push("'");
    }
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
