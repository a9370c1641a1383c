//! The only place that quotes identifiers and numbers binds.

use super::Sql;
use crate::value::Bind;

/// Builds the text of one statement.
#[derive(Default)]
pub(super) struct Writer {
    text: String,
    binds: Vec<Bind<'static>>,
}

impl Writer {
    pub(super) fn push(&mut self, sql: &str) {
        self.text.push_str(sql);
    }

    /// An identifier between double quotes, its own doubled.
    pub(super) fn ident(&mut self, name: &str) {
        self.text.push('"');
        for (i, part) in name.split('"').enumerate() {
            if i > 0 {
                self.text.push_str("\"\"");
            }
            self.text.push_str(part);
        }
        self.text.push('"');
    }

    /// The next bind, as `?1`, `?2` ..
    pub(super) fn bind(&mut self, bind: &Bind<'static>) {
        self.binds.push(bind.clone());
        self.mark(self.binds.len());
    }

    /// The mark of a bind whose value comes when the statement runs.
    pub(super) fn mark(&mut self, number: usize) {
        self.text.push('?');
        self.text.push_str(&number.to_string());
    }

    /// Writes the items with a separator between them.
    pub(super) fn list<T>(&mut self, items: &[T], separator: &str, mut write: impl FnMut(&mut Self, &T)) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.push(separator);
            }
            write(self, item);
        }
    }

    pub(super) fn finish(self) -> Sql {
        Sql { text: self.text.into(), binds: self.binds }
    }
}
