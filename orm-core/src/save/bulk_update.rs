//! Many rows in hand written at once, each with its own values: asked first, all of them, and then written, so that no more
//! is kept of them than a batch of keys.

use std::panic::Location;

use super::bulk::{Batches, TOLD, in_row};
use super::update::{RowUpdate, is_stale, stale};
use super::{blame, columns_of};
use crate::db::{About, Executor, Need};
use crate::error::{Error, Result};
use crate::group::Returned;
use crate::lookup::ColumnSet;
use crate::model::{Fields, Model, Rules};
use crate::plan::Plan;
use crate::queryset::QuerySet;
use crate::value::KeyMap;

/// Rows to be updated. Made by [`QuerySet::bulk_update_of`].
#[must_use = "nothing is written until `.run(db)`"]
pub struct BulkUpdate<'p, 'a, M: Model> {
    /// They are walked more than once.
    rows: Box<dyn Fn() -> Rows<'p, 'a, M> + 'p>,
    /// Which rows may be written.
    among: Plan,
    columns: Result<Vec<usize>>,
    batches: Batches<'p>,
}

const CLOSED: &str = "`bulk_update` of a queryset that is cut off or put together from several: filter it instead";

type Rows<'p, 'a, M> = Box<dyn Iterator<Item = &'a M> + 'p>;

impl<M: Model> QuerySet<M> {
    /// Writes some fields of many rows, each with its own values, all of them or none. Says how many rows there were.
    ///
    /// Of a queryset that is filtered, rows that are not among its rows are left alone.
    ///
    /// The rows are walked twice, to ask the rules of the model of all of them and to write them, and nothing is kept of
    /// them in between: so their iterator can be cloned, as those of slices and maps can. Memos of the rows are not
    /// emptied: they are borrowed.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] with what is wrong with each row; the constraints of the table, as typed
    /// errors; [`Error::Misuse`] for a deferred column that is not loaded.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # Book::create().price(1.0).save(&db)?;
    /// let mut books = Book::objects().all(&db)?;
    /// for book in &mut books {
    ///     book.price *= 0.9;
    /// }
    /// // BEGIN IMMEDIATE; UPDATE "book" SET "price" = ?1 WHERE "id" = ?2 -- for each row; COMMIT
    /// assert_eq!(Book::objects().bulk_update(&db, &books, |b| b.price())?, 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn bulk_update<'a, C: ColumnSet<M>>(
        &self,
        db: &dyn Executor,
        rows: impl IntoIterator<Item = &'a M, IntoIter: Clone>,
        f: impl FnOnce(Fields<M>) -> C,
    ) -> Result<u64> {
        self.bulk_update_of(rows, f).run(db)
    }

    /// [`bulk_update`](Self::bulk_update) in batches, or with somebody who is told of them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # for _ in 0..5 { Book::create().price(1.0).save(&db)?; }
    /// let books = Book::objects().all(&db)?;
    /// let mut told = Vec::new();
    /// // BEGIN IMMEDIATE; UPDATE "book" SET "price" = ?1 WHERE "id" = ?2 -- for each row; COMMIT
    /// let bulk = Book::objects().bulk_update_of(&books, |b| b.price()).batch_size(2);
    /// assert_eq!(bulk.progress(|done| told.push(done)).run(&db)?, 5);
    /// assert_eq!(told, [2, 4, 5]);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn bulk_update_of<'p, 'a, C: ColumnSet<M>>(
        &self,
        rows: impl IntoIterator<Item = &'a M, IntoIter: Clone + 'p>,
        f: impl FnOnce(Fields<M>) -> C,
    ) -> BulkUpdate<'p, 'a, M> {
        let (rows, columns) = (rows.into_iter(), columns_of::<M, C>(f));
        let (rows, among) = (Box::new(move || Box::new(rows.clone()) as Rows<'p, 'a, M>), self.plan.clone());
        BulkUpdate { rows, among, columns, batches: Batches::default() }
    }
}

impl<'p, M: Model> BulkUpdate<'p, '_, M> {
    /// How many rows go together: all of them, if nothing is said.
    pub fn batch_size(mut self, rows: usize) -> Self {
        self.batches.size = Some(rows);
        self
    }

    /// Is told, after each batch, how many rows are done. (All of them are undone if one fails later.)
    pub fn progress(mut self, told: impl FnMut(u64) + 'p) -> Self {
        self.batches.progress = Some(Box::new(told));
        self
    }

    /// Writes the rows; says how many there were. Of a row that is in a batch twice, or twice among 1,000 where no size is
    /// said, the first counts; otherwise each is written in its turn.
    ///
    /// # Errors
    ///
    /// As for [`QuerySet::bulk_update`]; [`Error::Misuse`] for batches without rows.
    #[track_caller]
    pub fn run(mut self, db: &dyn Executor) -> Result<u64> {
        let at = Location::caller();
        let (meta, columns, size) = (M::META, self.columns?, self.batches.size()?);
        if columns.is_empty() {
            return Ok(0);
        }
        let mut rules = Rules::of_columns(&columns);
        (self.rows)().enumerate().for_each(|(number, row)| {
            rules.in_row(number).ask(row);
        });
        rules.finish::<M>()?;
        let (mut rows, batches) = ((self.rows)().peekable(), &mut self.batches);
        if rows.peek().is_none() {
            return Ok(0);
        }
        let update = match self.among.is_whole() && self.among.more.misuse.is_none() {
            true => RowUpdate::new(meta, &columns, false),
            false if self.among.is_closed() => return Err(Error::misuse(CLOSED)),
            false => match RowUpdate::among(&self.among, &columns)? {
                Some(update) => update,
                None => return Ok(0),
            },
        };
        // How many keys are known at a time, also where all rows go together.
        let window = if size == usize::MAX { TOLD } else { size };
        let mut changed = 0;
        db.run(Need::WriteAll, at, &mut |connection| {
            let (mut done, mut last, mut known) = (0, None, KeyMap::default());
            while rows.peek().is_some() {
                let updated = connection.repeat(&update.text, About { meta, at }, |prepared| {
                    for row in rows.by_ref().take(size) {
                        last = Some(row);
                        if done % window == 0 {
                            known.clear();
                        }
                        let number = u32::try_from(done % window).unwrap_or(u32::MAX);
                        if known.number(row.key_ref(), number).1 {
                            match update.run(prepared, row, &mut Returned::default())? {
                                true => changed += 1,
                                false if is_stale(connection, row, at)? => return Err(stale(row)),
                                false => {}
                            }
                        }
                        done += 1;
                    }
                    Ok(())
                });
                updated.map_err(|error| {
                    let bind = |column| last.and_then(|row| row.bind(column));
                    in_row(blame(error, connection, meta, at, &bind), done)
                })?;
                batches.tell(done);
            }
            Ok(())
        })?;
        Ok(changed)
    }
}
