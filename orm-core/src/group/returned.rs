//! What the database has computed for a row that was written: the values behind RETURNING.

use crate::value::{Bind, Datum, Mismatch, Value};

/// The columns that came back, by their number, and their values.
#[derive(Debug, Default)]
pub struct Returned(Vec<(usize, Bind<'static>)>);

impl Returned {
    /// Of a statement without RETURNING.
    pub(crate) fn nothing() -> &'static Self {
        static NOTHING: Returned = Returned(Vec::new());
        &NOTHING
    }

    pub(crate) fn push(&mut self, column: usize, datum: Datum<'_>) {
        self.0.push((column, datum.owned()));
    }

    /// A value that was known before.
    pub(crate) fn keep(&mut self, column: usize, value: Bind<'static>) {
        self.0.push((column, value));
    }

    /// The value of a column.
    ///
    /// # Errors
    ///
    /// It did not come back, or is not what the field's type promises.
    pub fn value<T: Value>(&self, column: usize) -> Result<T::Out, Mismatch> {
        let found = self.0.iter().find(|(number, _)| *number == column);
        let (_, bind) = found.ok_or_else(|| Mismatch::new("no value that came back"))?;
        T::read(match bind {
            Bind::Integer(value) => Datum::Integer(*value),
            Bind::Real(value) => Datum::Real(*value),
            Bind::Text(text) => Datum::Text(text.as_bytes()),
            Bind::Blob(bytes) => Datum::Blob(bytes),
            Bind::Null | Bind::Array(_) | Bind::Refused(_) => Datum::Null,
        })
    }
}
