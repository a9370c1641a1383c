//! One row of a result, borrowed from SQLite until the next step.

use rusqlite::types::ValueRef;

use crate::value::{Datum, Mismatch};

/// The current row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a>(&'a rusqlite::Row<'a>);

impl<'a> Row<'a> {
    pub(super) fn new(row: &'a rusqlite::Row<'a>) -> Self {
        Row(row)
    }

    /// About how many bytes its values take.
    pub(super) fn weight(self) -> usize {
        let columns = self.0.as_ref().column_count();
        let long = (0..columns).filter_map(|column| match self.0.get_ref(column) {
            Ok(ValueRef::Text(bytes) | ValueRef::Blob(bytes)) => Some(bytes.len()),
            _ => None,
        });
        16 * (columns + 2) + long.sum::<usize>()
    }

    /// The value in a column.
    #[inline]
    pub(crate) fn datum(self, column: usize) -> Result<Datum<'a>, Mismatch> {
        match self.0.get_ref(column) {
            Ok(ValueRef::Integer(value)) => Ok(Datum::Integer(value)),
            Ok(ValueRef::Text(bytes)) => Ok(Datum::Text(bytes)),
            Ok(ValueRef::Real(value)) => Ok(Datum::Real(value)),
            Ok(ValueRef::Null) => Ok(Datum::Null),
            Ok(ValueRef::Blob(bytes)) => Ok(Datum::Blob(bytes)),
            Err(_) => Err(Mismatch::new("no such column")),
        }
    }
}
