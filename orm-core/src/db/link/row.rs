//! One row of a result, borrowed from SQLite until the next step.

use std::ffi::{CStr, c_int};

use rusqlite::ffi;

use super::Kept;
use crate::value::{Datum, Mismatch};

/// The current row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    kept: &'a Kept,
    columns: usize,
}

impl<'a> Row<'a> {
    /// The row a statement stands on.
    ///
    /// # Safety
    ///
    /// The statement has just stepped onto a row of so many columns, and is neither stepped, reset nor finalized during
    /// `'a`.
    #[inline]
    pub(super) unsafe fn new(kept: &'a Kept, columns: usize) -> Self {
        Row { kept, columns }
    }

    /// The names of the columns.
    pub(in crate::db) fn column_names(self) -> Vec<String> {
        names(self.kept, self.columns)
    }

    /// About how many bytes its values take.
    pub(in crate::db) fn weight(self) -> usize {
        let long = (0..self.columns).filter_map(|column| match self.datum(column) {
            Ok(Datum::Text(bytes) | Datum::Blob(bytes)) => Some(bytes.len()),
            _ => None,
        });
        16 * (self.columns + 2) + long.sum::<usize>()
    }

    /// The value in a column. (Where it is read the type is known, and what is left of this is one branch.)
    #[inline(always)]
    pub(crate) fn datum(self, column: usize) -> Result<Datum<'a>, Mismatch> {
        if column >= self.columns {
            return Err(Mismatch::new("no such column"));
        }
        // SAFETY: the statement stands on a row that has this column. The connection is in this thread's hands alone, so
        // the value needs no lock. What it points at stays where it is until the next step, which `'a` does not reach: a
        // text is made UTF-8 by the first call that asks for it, and the next call finds it as it is.
        unsafe {
            let value = ffi::sqlite3_column_value(self.kept.handle.as_ptr(), column as c_int);
            Ok(match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_INTEGER => Datum::Integer(ffi::sqlite3_value_int64(value)),
                ffi::SQLITE_TEXT => {
                    let text = ffi::sqlite3_value_text(value);
                    if text.is_null() {
                        return Err(Mismatch::new("a text for which there is no memory"));
                    }
                    Datum::Text(bytes(text, ffi::sqlite3_value_bytes(value)))
                }
                ffi::SQLITE_FLOAT => Datum::Real(ffi::sqlite3_value_double(value)),
                ffi::SQLITE_BLOB => {
                    let blob = ffi::sqlite3_value_blob(value);
                    Datum::Blob(bytes(blob.cast(), ffi::sqlite3_value_bytes(value)))
                }
                _ => Datum::Null,
            })
        }
    }
}

/// The bytes at a pointer; none where it is null, as it is for an empty blob.
///
/// # Safety
///
/// A pointer that is not null points at so many bytes, which stay as they are during `'a`.
#[inline]
unsafe fn bytes<'a>(start: *const u8, length: c_int) -> &'a [u8] {
    if start.is_null() {
        return &[];
    }
    // SAFETY: as the caller says.
    unsafe { std::slice::from_raw_parts(start, usize::try_from(length).unwrap_or(0)) }
}

/// The names of the first columns of a statement.
pub(super) fn names(kept: &Kept, columns: usize) -> Vec<String> {
    let name = |column| {
        // SAFETY: the statement is prepared. The name stays until it is asked for again, and is copied here.
        unsafe {
            let name = ffi::sqlite3_column_name(kept.handle.as_ptr(), column as c_int);
            if name.is_null() { String::new() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
        }
    };
    (0..columns).map(name).collect()
}
