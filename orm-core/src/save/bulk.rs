//! Many rows at once: one prepared statement that runs for each row, in one transaction. Measured, it is the fastest
//! form SQLite has; many rows in one VALUES are up to twice as slow. Keys come back as rowids.

use std::panic::Location;

use super::conflict::OnConflict;
use super::insert::{RowInsert, unmade};
use super::{blame, insert, numbers_of};
use crate::db::{About, Connection, Executor, Need};
use crate::error::{Error, Result};
use crate::group::{Group, Members, Origin, Returned};
use crate::lookup::ColumnSet;
use crate::model::{Complete, Fields, Model, Rules};
use crate::queryset::QuerySet;
use crate::statement::Conflict;
use crate::value::Bind;

/// Rows to be inserted. Made by [`QuerySet::bulk_create`].
#[must_use = "nothing is inserted until `.run(db)` or `.execute(db)`"]
pub struct BulkCreate<'p, M: Model> {
    rows: Box<dyn NewRows<M> + 'p>,
    batches: Batches<'p>,
}

/// Rows to be inserted, one by one or all of them at once.
trait NewRows<M: Model>: Iterator<Item = Result<M::New>> {
    /// All of them, [`ready`]. Those of a vector stay where they are: its memory is that of the vector that comes out.
    fn all(self: Box<Self>) -> Result<(Vec<M::New>, Places)>;
}

impl<M: Model, I: Iterator<Item = Result<M::New>>> NewRows<M> for I {
    fn all(self: Box<Self>) -> Result<(Vec<M::New>, Places)> {
        ready::<M>(*self, 0)
    }
}

/// How many rows go together, and who is told of them.
#[derive(Default)]
pub(super) struct Batches<'p> {
    pub(super) size: Option<usize>,
    pub(super) progress: Option<Box<dyn FnMut(u64) + 'p>>,
}

impl Batches<'_> {
    /// How many rows a batch has.
    pub(super) fn size(&self) -> Result<usize> {
        match (self.size, &self.progress) {
            (Some(0), _) => Err(Error::misuse("a batch of a bulk has one row at least")),
            (Some(size), _) => Ok(size),
            (None, Some(_)) => Ok(TOLD),
            (None, None) => Ok(usize::MAX),
        }
    }

    pub(super) fn tell(&mut self, done: usize) {
        if let Some(progress) = &mut self.progress {
            progress(done as u64);
        }
    }
}

/// How many rows are told of at once, or are in memory at a time, if nothing is said.
pub(super) const TOLD: usize = 1000;

/// An error of one row of many says which one it is.
pub(super) fn in_row(error: Error, row: usize) -> Error {
    let is_of_row = error.is_constraint() || matches!(error, Error::NotStorable { .. } | Error::Decode { .. });
    if is_of_row { Error::Row { row, error: Box::new(error) } } else { error }
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
    /// Some may have a key and others not: those that have one go in first, so that no other gets it. `batch_size` and `progress` say how many rows go together and who is told of
    /// them; `on_conflict` says what happens where a row is in the way.
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
    pub fn bulk_create<'p, N: Complete<M> + 'p>(
        &self,
        rows: impl IntoIterator<Item = N, IntoIter: 'p>,
    ) -> BulkCreate<'p, M> {
        BulkCreate { rows: Box::new(rows.into_iter().map(Complete::into_new)), batches: Batches::default() }
    }
}

impl<'p, M: Model> BulkCreate<'p, M> {
    /// How many rows go together: all of them, if nothing is said.
    pub fn batch_size(mut self, rows: usize) -> Self {
        self.batches.size = Some(rows);
        self
    }

    /// Is told, after each batch, how many rows are done. (All of them are undone if one fails later.)
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let tags = (0..5).map(|i| Tag::create().name(format!("{i}")));
    /// let mut told = Vec::new();
    /// Tag::objects().bulk_create(tags).batch_size(2).progress(|done| told.push(done)).run(&db)?;
    /// assert_eq!(told, [2, 4, 5]);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn progress(mut self, told: impl FnMut(u64) + 'p) -> Self {
        self.batches.progress = Some(Box::new(told));
        self
    }

    /// Names the fields (of the primary key or of a UNIQUE constraint) in which a row that is there may be in the way:
    /// then [`ignore`](OnConflict::ignore) or [`update`](OnConflict::update). Every other constraint refuses as ever.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, #[field(unique)] pub isbn: String, pub price: f64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// let dune = || [Book::create().isbn("0441").price(9.99)];
    /// Book::objects().bulk_create(dune()).run(&db)?;
    /// // INSERT INTO "book" .. ON CONFLICT ("isbn") DO NOTHING
    /// let made = Book::objects().bulk_create(dune()).on_conflict(|b| b.isbn()).ignore().run(&db)?;
    /// assert!(made[0].is_none());
    /// // INSERT INTO "book" .. ON CONFLICT ("isbn") DO UPDATE SET "price" = excluded."price" RETURNING ..
    /// let books = Book::objects().bulk_create(dune()).on_conflict(|b| b.isbn()).update(|b| b.price()).run(&db)?;
    /// assert_eq!(books[0].id, 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn on_conflict<C: ColumnSet<M>>(self, f: impl FnOnce(Fields<M>) -> C) -> OnConflict<'p, M> {
        OnConflict { bulk: self, target: numbers_of::<M, C>(f) }
    }

    /// Inserts the rows; they come back with their keys, in order.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] with what is wrong with each row; [`Error::Row`] with the constraint of the table that refused
    /// one, and its number; [`Error::Misuse`] for batches without rows. No row is inserted then.
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
        let all = self.collect()?;
        let mut created = Vec::with_capacity(all.rows.len());
        let places = all.insert(db, Location::caller(), None, |row| created.extend(row))?;
        Ok(places.back(created))
    }

    /// Inserts the rows and says how many; they do not come back. The iterator is asked for one batch after the other, in
    /// the transaction, so no more than a batch is in memory: 1,000 rows, if nothing is said.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run), but for [`Error::Invalid`]: of the first batch in which a row breaks a rule. No row is
    /// inserted then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Reading { pub id: i64, pub value: f64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Reading])?;
    /// let readings = (0..5_000).map(|i| Reading::create().value(f64::from(i)));
    /// // BEGIN IMMEDIATE; INSERT INTO "reading" .. -- for each row; COMMIT
    /// assert_eq!(Reading::objects().bulk_create(readings).execute(&db)?, 5_000);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn execute(self, db: &dyn Executor) -> Result<u64> {
        self.stream(db, Location::caller(), None)
    }

    /// Inserts the rows batch by batch; says how many were inserted or written.
    pub(super) fn stream(
        mut self,
        db: &dyn Executor,
        at: &'static Location<'static>,
        conflict: Option<Conflict>,
    ) -> Result<u64> {
        let size = self.batches.size()?;
        let size = if size == usize::MAX { TOLD } else { size };
        // Of a row that is written into another, the rowid says nothing.
        let updates = conflict.as_ref().is_some_and(|conflict| !conflict.update.is_empty());
        let insert = RowInsert::or(M::META, conflict, false);
        let (rows, batches) = (&mut self.rows, &mut self.batches);
        let (mut batch, mut places) = ready::<M>(rows.take(size), 0)?;
        if batch.is_empty() {
            return Ok(0);
        }
        let (mut count, mut first) = (0, 0);
        db.run(Need::WriteAll, at, &mut |connection| {
            while !batch.is_empty() {
                let mut done = 0;
                let inserted = connection.repeat(&insert.sql.text, About { meta: M::META, at }, |prepared| {
                    for new in &batch {
                        let returned = &mut Returned::default();
                        count += match updates {
                            true => insert.write::<M>(prepared, new, returned)?,
                            false => u64::from(insert.row::<M>(prepared, new, returned)?.is_some()),
                        };
                        done += 1;
                    }
                    Ok(())
                });
                inserted.map_err(|error| told::<M>(error, connection, at, batch.get(done), first + places.of(done)))?;
                first += done;
                batches.tell(first);
                batch.clear();
                (batch, places) = ready::<M>(rows.take(size), first)?;
            }
            Ok(())
        })?;
        Ok(count)
    }

    /// All of the rows, ready to be inserted.
    pub(super) fn collect(self) -> Result<AllRows<'p, M>> {
        let (size, (rows, places)) = (self.batches.size()?, self.rows.all()?);
        Ok(AllRows { rows, places, size, batches: self.batches })
    }
}

/// Where rows stood before they were put into another order; nowhere else, if there are none.
pub(super) struct Places(Vec<usize>);

impl Places {
    pub(super) fn of(&self, number: usize) -> usize {
        self.0.get(number).copied().unwrap_or(number)
    }

    /// What became of the rows, in the order in which they came.
    pub(super) fn back<T>(self, rows: Vec<T>) -> Vec<T> {
        if self.0.is_empty() {
            return rows;
        }
        let mut rows: Vec<_> = self.0.into_iter().zip(rows).collect();
        rows.sort_by_key(|(place, _)| *place);
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// Rows with their defaults, once the rules of their model have been asked, of which the first has this number. Those that
/// have a key come before those that get one: what the database counts up to is not yet somebody's then.
fn ready<M: Model>(rows: impl Iterator<Item = Result<M::New>>, first: usize) -> Result<(Vec<M::New>, Places)> {
    let is_given = |new: &M::New| !matches!(M::bind_new(new, M::META.key), None | Some(Bind::Null));
    let (mut rules, mut number, mut was_given, mut is_sorted) = (Rules::default(), first, true, true);
    let rows = rows.map(|row| {
        let mut row = row?;
        M::fill(&mut row);
        rules.in_row(number).ask_new::<M>(&row);
        number += 1;
        if M::META.auto_key {
            let is_given = is_given(&row);
            is_sorted &= was_given >= is_given;
            was_given = is_given;
        }
        Ok(row)
    });
    let rows = rows.collect::<Result<Vec<_>>>()?;
    rules.finish::<M>()?;
    if is_sorted {
        return Ok((rows, Places(Vec::new())));
    }
    let (given, others): (Vec<_>, Vec<_>) = rows.into_iter().enumerate().partition(|(_, new)| is_given(new));
    let (places, rows) = given.into_iter().chain(others).unzip();
    Ok((rows, Places(places)))
}

/// Rows to be inserted that are in memory, for they come back.
pub(super) struct AllRows<'p, M: Model> {
    pub(super) rows: Vec<M::New>,
    pub(super) places: Places,
    pub(super) size: usize,
    pub(super) batches: Batches<'p>,
}

impl<M: Model> AllRows<'_, M> {
    /// Inserts the rows, and hands out each as it is in, none for one that was not to be inserted; says where they stood.
    pub(super) fn insert(
        self,
        db: &dyn Executor,
        at: &'static Location<'static>,
        conflict: Option<Conflict>,
        mut each: impl FnMut(Option<M>),
    ) -> Result<Places> {
        let AllRows { rows, places, size, mut batches } = self;
        if rows.is_empty() {
            return Ok(places);
        }
        let meta = M::META;
        let (insert, mut rows) = (RowInsert::or(meta, conflict, false), rows.into_iter());
        let group = Group::open(meta, db.database().home(None, at), None);
        let (mut members, mut number, mut done) = (Members::new(meta), 0, 0);
        db.run(Need::WriteAll, at, &mut |connection| {
            while rows.len() > 0 {
                let inserted = connection.repeat(&insert.sql.text, About { meta, at }, |prepared| {
                    for _ in 0..size {
                        let Some(new) = rows.as_slice().first() else { break };
                        let mut returned = Returned::default();
                        let rowid = insert.row::<M>(prepared, new, &mut returned)?;
                        let Some(new) = rows.next() else { break };
                        let Some(rowid) = rowid else {
                            each(None);
                            done += 1;
                            continue;
                        };
                        // The row is made of what is at hand still: a pass over all of them later is one over memory.
                        match M::from_new(new, rowid, Origin::new(&group, number).with(&returned)) {
                            Ok(row) => {
                                row.list_keys(&mut members);
                                each(Some(row));
                            }
                            Err(mismatch) => return Err(unmade::<M>(rowid, &mismatch)),
                        }
                        number = number.saturating_add(1);
                        done += 1;
                    }
                    Ok(())
                });
                inserted.map_err(|error| told::<M>(error, connection, at, rows.as_slice().first(), places.of(done)))?;
                batches.tell(done);
            }
            Ok(())
        })?;
        group.seal(members);
        Ok(places)
    }
}

/// The error of a row, with its number, as far as it is one of a row.
#[cold]
pub(super) fn told<M: Model>(
    error: Error,
    connection: &Connection<'_>,
    at: &'static Location<'static>,
    new: Option<&M::New>,
    row: usize,
) -> Error {
    if let Error::Database { message, .. } = &error
        && message.contains("ON CONFLICT clause does not match")
    {
        return Error::misuse(format!(
            "`on_conflict` of `{}` names fields that are neither its primary key nor unique together",
            M::META.name
        ));
    }
    let bind = |column| new.and_then(|new| M::bind_new(new, column));
    in_row(blame(error, connection, M::META, at, &bind), row)
}
