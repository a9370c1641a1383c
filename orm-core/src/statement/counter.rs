//! A column that counts related rows, and the triggers that keep it: plain data, of which `sql` makes text.

/// A column that counts the rows of another table that point at its row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Counter {
    /// The table it is in, that table's key, and the column.
    pub(crate) table: &'static str,
    pub(crate) key: &'static str,
    pub(crate) column: &'static str,
    /// The table whose rows are counted, and its column with the key of the row that counts them.
    pub(crate) rows: &'static str,
    pub(crate) link: String,
    /// The column of the other end of a link, where it may be NULL: such a link is none.
    pub(crate) other_end: Option<String>,
    /// The columns of the key of the rows that are counted.
    pub(crate) row_key: Vec<String>,
    /// The columns, the key among them, of which no two rows that are counted have the same: a REPLACE deletes by them.
    pub(crate) uniques: Vec<Vec<String>>,
}

/// One of the triggers of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CounterTrigger {
    /// A row is there.
    Inserted,
    /// A row is gone.
    Deleted,
    /// A row points elsewhere.
    Moved,
    /// An insert is about to delete a row in whose place it comes.
    Replacing,
    /// An update is.
    ReplacingByUpdate,
    /// The row that counts is new.
    Counting,
    /// The row that counts has another key.
    Renamed,
}

impl CounterTrigger {
    pub(crate) const ALL: [CounterTrigger; 7] = [
        CounterTrigger::Inserted,
        CounterTrigger::Deleted,
        CounterTrigger::Moved,
        CounterTrigger::Replacing,
        CounterTrigger::ReplacingByUpdate,
        CounterTrigger::Counting,
        CounterTrigger::Renamed,
    ];

    /// Its name in the schema.
    pub(crate) fn name(self, counter: &Counter) -> String {
        let what = match self {
            CounterTrigger::Inserted => "inserted",
            CounterTrigger::Deleted => "deleted",
            CounterTrigger::Moved => "moved",
            CounterTrigger::Replacing => "replacing",
            CounterTrigger::ReplacingByUpdate => "replacing_by_update",
            CounterTrigger::Counting => "counting",
            CounterTrigger::Renamed => "renamed",
        };
        format!("{}_{}_{what}", counter.table, counter.column)
    }

    /// The table whose writes it follows.
    pub(crate) fn table(self, counter: &Counter) -> &'static str {
        match self {
            CounterTrigger::Counting | CounterTrigger::Renamed => counter.table,
            _ => counter.rows,
        }
    }
}
