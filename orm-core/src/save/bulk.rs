//! Many rows at once: one prepared statement that runs for each row, in one transaction. Measured, it is the fastest
//! form SQLite has; many rows in one VALUES are up to twice as slow.

use std::panic::Location;

use super::insert::{RowInsert, made};
use super::update::{RowUpdate, is_stale, stale};
use super::{blame, columns_of, insert};
use crate::db::{About, Executor, Need};
use crate::error::Result;
use crate::group::{Group, Members, Origin, Returned};
use crate::lookup::ColumnSet;
use crate::model::{Complete, Fields, Model, Rules};
use crate::queryset::QuerySet;

/// Rows to be inserted. Made by [`QuerySet::bulk_create`].
#[must_use = "nothing is inserted until `.run(db)`"]
pub struct BulkCreate<M: Model> {
    rows: Result<Vec<M::New>>,
}

impl<M: Model> QuerySet<M> {
    /// Inserts a row: a builder, or a `NewX` that was made elsewhere.
    ///
    /// # Errors
    ///
    /// The constraints of the table, as typed errors.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let new: NewTag = Tag::create().name("sf").build();
    /// let tag = Tag::objects().create(&db, new)?; // INSERT INTO "tag" ("id", "name") VALUES (?1, ?2)
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn create(&self, db: &dyn Executor, new: impl Complete<M>) -> Result<M> {
        insert::<M>(new.into_new()?, db)
    }

    /// Inserts many rows, all of them or none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// // BEGIN IMMEDIATE; INSERT INTO "tag" ("id", "name") VALUES (?1, ?2) -- for each row; COMMIT
    /// let tags = Tag::objects()
    ///     .bulk_create(["sf", "fantasy"].map(|name| Tag::create().name(name)))
    ///     .run(&db)?;
    /// assert_eq!(tags[1].id, 2);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn bulk_create<N: Complete<M>>(&self, rows: impl IntoIterator<Item = N>) -> BulkCreate<M> {
        BulkCreate { rows: rows.into_iter().map(Complete::into_new).collect() }
    }

    /// Writes some fields of many rows, each with its own values, all of them or none. Says how many rows there were.
    ///
    /// Memos of the rows are not emptied: they are borrowed.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](crate::Error::Invalid) with what is wrong with each row; the constraints of the table, as typed
    /// errors; [`Error::Misuse`](crate::Error::Misuse) for a deferred column that is not loaded.
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
        rows: impl IntoIterator<Item = &'a M>,
        f: impl FnOnce(Fields<M>) -> C,
    ) -> Result<u64> {
        let at = Location::caller();
        let meta = M::META;
        let rows: Vec<&M> = rows.into_iter().collect();
        let columns = columns_of::<M, C>(f)?;
        if rows.is_empty() || columns.is_empty() {
            return Ok(0);
        }
        let mut rules = Rules::of_columns(&columns);
        for (number, row) in rows.iter().enumerate() {
            rules.in_row(number).ask(*row);
        }
        rules.finish::<M>()?;
        let update = RowUpdate::new(meta, &columns, false);
        let mut changed = 0;
        db.run(Need::WriteAll, at, &mut |connection| {
            let mut current: Option<&M> = None;
            connection
                .repeat(&update.text, About { meta, at }, |prepared| {
                    for row in &rows {
                        current = Some(row);
                        match update.run(prepared, *row, &mut Returned::default())? {
                            true => changed += 1,
                            false if is_stale(connection, *row, at)? => return Err(stale(*row)),
                            false => {}
                        }
                    }
                    Ok(())
                })
                .map_err(|error| blame(error, connection, meta, at, &|column| current.and_then(|row| row.bind(column))))
        })?;
        Ok(changed)
    }
}

impl<M: Model> BulkCreate<M> {
    /// Inserts the rows; they come back with their keys, in order.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](crate::Error::Invalid) with what is wrong with each row; the constraints of the table, as typed
    /// errors. No row is inserted then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// // INSERT INTO "tag" ("name") VALUES (?1), prepared once and run for each row, in one transaction
    /// let tags = Tag::objects().bulk_create(["sf", "utopia"].map(|name| Tag::create().name(name))).run(&db)?;
    /// assert_eq!((tags[0].id, tags[1].id), (1, 2));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn run(self, db: &dyn Executor) -> Result<Vec<M>> {
        let at = Location::caller();
        let meta = M::META;
        let mut rows = self.rows?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut rules = Rules::default();
        for (number, row) in rows.iter_mut().enumerate() {
            M::fill(row);
            rules.in_row(number).ask_new::<M>(row);
        }
        rules.finish::<M>()?;
        let insert = RowInsert::new(meta);
        let mut inserted = Vec::with_capacity(rows.len());
        db.run(Need::WriteAll, at, &mut |connection| {
            let mut current: Option<&M::New> = None;
            connection
                .repeat(&insert.sql.text, About { meta, at }, |prepared| {
                    for row in &rows {
                        current = Some(row);
                        inserted.push(insert.row::<M>(prepared, row)?.unwrap_or_default());
                    }
                    Ok(())
                })
                .map_err(|error| {
                    blame(error, connection, meta, at, &|column| current.and_then(|row| M::bind_new(row, column)))
                })
        })?;
        let group = Group::open(meta, db.database().home(None, at), None);
        let mut members = Members::new(meta);
        let mut created = Vec::with_capacity(rows.len());
        for (number, (new, inserted)) in rows.into_iter().zip(inserted).enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let row = made::<M>(new, &inserted, Origin::new(&group, number))?;
            row.list_keys(&mut members);
            created.push(row);
        }
        group.seal(members);
        Ok(created)
    }
}
