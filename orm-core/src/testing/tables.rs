//! The rows that are planned for a table, and what is asked of the tables before.

use super::apart::{Apart, groups};
use super::make::Maker;
use crate::error::Result;
use crate::meta::ModelMeta;
use crate::value::Bind;

/// Rows of one table, in the order in which they are to be inserted.
pub(super) struct Table {
    pub(super) meta: &'static ModelMeta,
    /// How far the table had counted before; none where it was empty.
    pub(super) start: Option<i64>,
    /// The greatest key so far, where keys are counted.
    pub(super) last: i64,
    /// What its rows have that have to differ, where a value is made that does.
    apart: Option<Apart>,
    /// The number of the next value that differs, by column.
    next: Vec<i64>,
    /// A bind for each column.
    pub(super) rows: Vec<Vec<Bind<'static>>>,
}

impl Table {
    pub(super) fn new(meta: &'static ModelMeta, start: Option<i64>) -> Self {
        let next = vec![0; meta.columns.len()];
        Table { meta, start, last: start.unwrap_or(0), apart: None, next, rows: Vec::new() }
    }

    /// Looks what its rows have that have to differ, if that was not done yet.
    pub(super) fn look(&mut self, asked: &dyn Tables) -> Result<()> {
        if self.apart.is_some() {
            return Ok(());
        }
        let meta = self.meta;
        let mut apart = Apart::new(meta);
        if self.start.is_some() {
            let mut columns: Vec<usize> = groups(meta).flatten().collect();
            columns.sort_unstable();
            columns.dedup();
            let mut row = vec![Bind::Null; meta.columns.len()];
            asked.values(meta, &columns, &mut |values| {
                for (column, value) in columns.iter().zip(values) {
                    if let Some(place) = row.get_mut(*column) {
                        *place = value;
                    }
                }
                apart.takes(&row);
            })?;
        }
        self.rows.iter().for_each(|row| apart.takes(row));
        self.apart = Some(apart);
        Ok(())
    }

    /// Adds a row: what it lacks is made so that it differs.
    pub(super) fn push(&mut self, mut row: Vec<Bind<'static>>, serial: i64, made: &[(usize, &Maker)]) -> Result<()> {
        if let Some(apart) = &mut self.apart {
            for (column, maker) in made {
                let Some(next) = self.next.get_mut(*column) else { continue };
                *next = serial.max(*next);
                let value = apart.value(maker, *column, &mut row, next)?;
                if let Some(place) = row.get_mut(*column) {
                    *place = value;
                }
            }
            apart.takes(&row);
        }
        if let (true, Some(Bind::Integer(key))) = (self.meta.auto_key, row.get(self.meta.key)) {
            self.last = self.last.max(*key);
        }
        self.rows.push(row);
        Ok(())
    }
}

/// What is asked of the tables before a row is planned.
pub(super) trait Tables {
    /// How far a table has counted; none where it is empty.
    fn counted(&self, meta: &'static ModelMeta) -> Result<Option<i64>>;

    /// Hands what each row has in some columns to `each`.
    fn values(
        &self,
        meta: &'static ModelMeta,
        columns: &[usize],
        each: &mut dyn FnMut(Vec<Bind<'static>>),
    ) -> Result<()>;
}

/// No tables, for rows that are not saved.
pub(super) struct NoTables;

impl Tables for NoTables {
    fn counted(&self, _: &'static ModelMeta) -> Result<Option<i64>> {
        Ok(None)
    }

    fn values(&self, _: &'static ModelMeta, _: &[usize], _: &mut dyn FnMut(Vec<Bind<'static>>)) -> Result<()> {
        Ok(())
    }
}
