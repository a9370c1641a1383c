//! The cursor a row is decoded with: the next column, and where the row's handles belong.

use super::{Mint, Place};
use crate::db::Row;
use crate::meta::{ColumnMeta, ModelMeta};
use crate::value::{Datum, Mismatch, Value};

/// Which columns of a model a statement selects, and where they begin.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The first column.
    pub(crate) offset: usize,
    /// The slots of deferred columns that are left out.
    pub(crate) omitted: Vec<usize>,
}

impl Layout {
    /// The place in the row of a column of the model, if the statement selects it.
    pub(crate) fn position(&self, meta: &'static ModelMeta, column: usize) -> Option<usize> {
        let omitted = |column: &ColumnMeta| column.deferred.is_some_and(|slot| self.omitted.contains(&slot));
        let before = meta.columns.get(..column)?.iter().filter(|column| !omitted(column)).count();
        (!omitted(meta.columns.get(column)?)).then_some(self.offset + before)
    }
}

/// Where a value is found in the row of a statement whose columns come in an order of their own.
pub enum At {
    /// In this column.
    Column(usize),
    /// In no column of its own: whether a row is not there is told by these, all of them NULL.
    Absent(Vec<usize>),
}

/// Reads the columns of one row, in order.
pub struct Cursor<'a> {
    row: Row<'a>,
    column: usize,
    /// None where the statement selects what is read, in the order in which it is.
    order: Option<&'a [At]>,
    group: Option<&'a Mint>,
    number: u32,
    omitted: &'a [usize],
}

impl<'a> Cursor<'a> {
    /// A cursor for a model: `number` is the row's number in `group`.
    #[inline]
    pub(crate) fn new(row: Row<'a>, layout: &'a Layout, group: &'a Mint, number: u32) -> Self {
        Cursor { row, column: layout.offset, order: None, group: Some(group), number, omitted: &layout.omitted }
    }

    /// A cursor for values that belong to no model.
    pub(crate) fn of_values(row: Row<'a>, offset: usize) -> Self {
        Cursor { row, column: offset, order: None, group: None, number: 0, omitted: &[] }
    }

    /// The same cursor, over a statement whose columns come in this order.
    pub(crate) fn in_order(self, order: &'a [At]) -> Self {
        Cursor { order: Some(order), ..self }
    }

    /// The next column.
    #[inline(always)]
    pub(crate) fn datum(&mut self) -> Result<Datum<'a>, Mismatch> {
        let column = match self.order {
            None => self.column,
            Some(order) => match order.get(self.column) {
                Some(At::Column(column)) => *column,
                _ => return Err(Mismatch::new("no such column")),
            },
        };
        self.column += 1;
        self.row.datum(column)
    }

    /// The next column, as a value.
    ///
    /// # Errors
    ///
    /// The row has something else there.
    #[inline]
    pub fn value<T: Value>(&mut self) -> Result<T::Out, Mismatch> {
        T::read(self.datum()?)
    }

    /// Whether the related row, whose values come next, is not there.
    ///
    /// # Errors
    ///
    /// The statement does not say.
    pub fn is_absent(&mut self) -> Result<bool, Mismatch> {
        let Some(At::Absent(columns)) = self.order.and_then(|order| order.get(self.column)) else {
            return self.value::<bool>();
        };
        self.column += 1;
        for column in columns {
            if !matches!(self.row.datum(*column)?, Datum::Null) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Leaves out the next values.
    pub fn skip(&mut self, values: usize) {
        self.column += values;
    }

    /// Where the handle in this slot belongs.
    ///
    /// # Panics
    ///
    /// Never: a cursor that decodes a model has a group; without one the place is the handle's own.
    #[inline]
    pub fn place(&self, slot: usize) -> Place {
        match self.group {
            Some(group) => Place::new(group, self.number, slot),
            None => Place::solo(),
        }
    }

    /// Whether a deferred column is in the row.
    pub(crate) fn has(&self, slot: usize) -> bool {
        !self.omitted.contains(&slot)
    }

    /// How many columns were read, counted from the first of the row: the last one read is the one before.
    pub(crate) fn column(&self) -> usize {
        self.column
    }
}
