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
