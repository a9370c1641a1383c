//! Many new rows, of which some are there already: left out, or written into those that are there.
//!
//! ON CONFLICT names the columns, so that every other constraint refuses as ever.

use std::panic::Location;

use super::bulk::{AllRows, BulkCreate, told};
use super::columns_of;
use super::insert::{RowInsert, put};
use crate::db::{About, Executor, Need, Row};
use crate::error::{Error, Result};
use crate::group::{Cursor, Group, Layout, Members, Mint};
use crate::lookup::ColumnSet;
use crate::model::{Fields, Model, decode_error};
use crate::statement::{ColumnName, Conflict};

/// Rows to be inserted, and the fields in which one that is there may be in their way. Made by
/// [`BulkCreate::on_conflict`].
#[must_use = "say what happens then: `.ignore()` or `.update(|x| ..)`"]
pub struct OnConflict<'p, M: Model> {
    pub(super) bulk: BulkCreate<'p, M>,
    pub(super) target: Vec<usize>,
}

/// Rows to be inserted where none is in their way. Made by [`OnConflict::ignore`].
#[must_use = "nothing is inserted until `.run(db)`"]
pub struct BulkIgnore<'p, M: Model>(OnConflict<'p, M>);

/// Rows to be inserted, or written into those that are there. Made by [`OnConflict::update`].
#[must_use = "nothing is inserted until `.run(db)`"]
pub struct BulkUpsert<'p, M: Model> {
    conflict: OnConflict<'p, M>,
    update: Result<Vec<usize>>,
}

impl<'p, M: Model> OnConflict<'p, M> {
    /// Leaves the row that is there as it is.
    pub fn ignore(self) -> BulkIgnore<'p, M> {
        BulkIgnore(self)
    }

    /// Writes these fields of the new row into the one that is there.
    pub fn update<C: ColumnSet<M>>(self, f: impl FnOnce(Fields<M>) -> C) -> BulkUpsert<'p, M> {
        BulkUpsert { conflict: self, update: columns_of::<M, C>(f) }
    }

    fn conflict(&self, update: &[usize]) -> Result<Conflict> {
        let named = |numbers: &[usize]| -> Vec<ColumnName> {
            numbers
                .iter()
                .filter_map(|number| M::META.columns.get(*number))
                .map(|column| column.column.into())
                .collect()
        };
        let target = named(&self.target);
        if target.is_empty() {
            return Err(Error::misuse(format!("`on_conflict` of `{}` names no field", M::META.name)));
        }
        // What was read of the row before is stale then.
        let counts = M::META.version().filter(|_| !update.is_empty()).map(|(_, version)| version.column.into());
        Ok(Conflict { target, update: named(update), counts })
    }
}

impl<M: Model> BulkIgnore<'_, M> {
    /// Inserts the rows that nothing is in the way of; none for the others, in order.
    ///
    /// # Errors
    ///
    /// As for [`BulkCreate::run`]; [`Error::Misuse`] where the named fields are not unique.
    #[track_caller]
    pub fn run(self, db: &dyn Executor) -> Result<Vec<Option<M>>> {
        let conflict = self.0.conflict(&[])?;
        let all = self.0.bulk.collect()?;
        let mut rows = Vec::with_capacity(all.rows.len());
        let places = all.insert(db, Location::caller(), Some(conflict), |row| rows.push(row))?;
        Ok(places.back(rows))
    }

    /// The same batch by batch, and says how many were inserted. As [`BulkCreate::execute`] does.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    #[track_caller]
    pub fn execute(self, db: &dyn Executor) -> Result<u64> {
        let conflict = self.0.conflict(&[])?;
        self.0.bulk.stream(db, Location::caller(), Some(conflict))
    }
}

impl<'p, M: Model> BulkUpsert<'p, M> {
    fn what(self) -> Result<(Conflict, BulkCreate<'p, M>)> {
        let update = self.update?;
        if update.is_empty() {
            return Err(Error::misuse("`update` after `on_conflict` names no field: write `.ignore()`"));
        }
        Ok((self.conflict.conflict(&update)?, self.conflict.bulk))
    }

    /// Inserts the rows or writes them into those that are there, batch by batch, and says how many. As
    /// [`BulkCreate::execute`] does.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    #[track_caller]
    pub fn execute(self, db: &dyn Executor) -> Result<u64> {
        let (conflict, bulk) = self.what()?;
        bulk.stream(db, Location::caller(), Some(conflict))
    }

    /// Inserts the rows, or writes them into those that are there; they come back as they are now, in order.
    ///
    /// # Errors
    ///
    /// As for [`BulkCreate::run`]; [`Error::Misuse`] where the named fields are not unique, or there are none to update.
    #[track_caller]
    pub fn run(self, db: &dyn Executor) -> Result<Vec<M>> {
        let at = Location::caller();
        let (conflict, bulk) = self.what()?;
        let AllRows { rows, places, size, mut batches } = bulk.collect()?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let meta = M::META;
        let insert = RowInsert::or(meta, Some(conflict), true);
        let group = Group::open(meta, db.database().home(None, at), None);
        let mut there: Vec<M> = Vec::with_capacity(rows.len());
        db.run(Need::WriteAll, at, &mut |connection| {
            for batch in rows.chunks(size) {
                let inserted = connection.repeat(&insert.sql.text, About { meta, at }, |prepared| {
                    for new in batch {
                        put::<M>(prepared, new).returning(|row| {
                            there.push(read(row, &group, there.len())?);
                            Ok(())
                        })?;
                    }
                    Ok(())
                });
                let done = there.len();
                inserted.map_err(|error| told::<M>(error, connection, at, rows.get(done), places.of(done)))?;
                batches.tell(there.len());
            }
            Ok(())
        })?;
        let mut members = Members::new(meta);
        there.iter().for_each(|row| row.list_keys(&mut members));
        group.seal(members);
        Ok(places.back(there))
    }
}

/// A row that a statement returned, all of its columns in their order.
fn read<M: Model>(row: Row<'_>, group: &Mint, number: usize) -> Result<M> {
    let layout = Layout::default();
    let mut cursor = Cursor::new(row, &layout, group, u32::try_from(number).unwrap_or(u32::MAX));
    M::decode(&mut cursor).map_err(|mismatch| decode_error(M::META, &layout, cursor.column(), mismatch))
}
