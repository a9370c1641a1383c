//! Transactions, savepoints and snapshots. Dropping one that was not committed rolls it back, so a panic does too.

use std::panic::Location;
use std::sync::Arc;

use super::connection::{About, Connection, told};
use super::executor::Held;
use super::link::Rows;
use super::on_commit::{Callbacks, Kept};
use super::told::Stream;
use super::{Database, Row};
use crate::error::{Error, Result};
use crate::sql::Sql;

/// A BEGIN that is still open.
pub(super) struct Open<'a, 'c> {
    connection: &'a Connection<'c>,
    at: &'static Location<'static>,
    /// COMMIT and ROLLBACK, or their savepoint forms.
    words: (&'static str, &'static [&'static str]),
    /// Whether it is a whole transaction that writes.
    writes: bool,
    /// Nothing else runs on the connection, further up on the stack.
    is_alone: bool,
    open: bool,
}

impl<'a, 'c> Open<'a, 'c> {
    pub(super) fn begin(connection: &'a Connection<'c>, begin: &str, at: &'static Location<'static>) -> Result<Self> {
        let is_alone = connection.is_idle();
        connection.control(begin, at)?;
        if connection.database().is_in_memory() {
            // In memory a reader can wait for a writer. It waits here, where it holds nothing that the writer may want.
            connection.take_lock()?;
        }
        let writes = begin != "BEGIN";
        if writes {
            connection.database().inner.fresh.begun(connection.link());
        }
        Ok(Open { connection, at, words: ("COMMIT", &["ROLLBACK"]), writes, is_alone, open: true })
    }

    fn savepoint(connection: &'a Connection<'c>, at: &'static Location<'static>) -> Result<Self> {
        still_open(connection)?;
        // Savepoints nest by name, the innermost first, so one name serves every depth.
        connection.control("SAVEPOINT eager", at)?;
        let words = ("RELEASE eager", &["ROLLBACK TO eager", "RELEASE eager"][..]);
        Ok(Open { connection, at, words, writes: false, is_alone: false, open: true })
    }

    pub(super) fn commit(mut self) -> Result<()> {
        still_open(self.connection)?;
        self.end_forgotten();
        let commit = || self.connection.control(self.words.0, self.at);
        match self.writes {
            true => self.connection.database().inner.fresh.commit(self.connection.link(), commit)?,
            false => commit()?,
        }
        self.open = false;
        Ok(())
    }
}

impl Open<'_, '_> {
    /// Ends the statements whose rows somebody has forgotten: they would pin this moment after the transaction, and from an
    /// old moment nobody can write.
    fn end_forgotten(&self) {
        if self.is_alone {
            self.connection.end_forgotten();
        }
    }
}

/// Fails if SQLite has rolled the transaction back by itself: what ran now would be a transaction of its own, and stay.
pub(super) fn still_open(connection: &Connection<'_>) -> Result<()> {
    if connection.raw().is_autocommit() { Err(Error::RolledBack) } else { Ok(()) }
}

impl Drop for Open<'_, '_> {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        self.connection.database().forget_schema();
        self.end_forgotten();
        // A failure that rolled the transaction back by itself (disk full, say) left none to roll back.
        if !self.connection.raw().is_autocommit() {
            for word in self.words.1 {
                let _ = self.connection.control(word, self.at);
            }
        }
    }
}

/// A transaction that writes. Made by [`Database::transaction`].
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64 }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// db.transaction(|tx| {
///     Tag::create().save(tx)?; // where `&db` goes outside, `tx` goes inside
///     assert_eq!(Tag::objects().count(tx)?, 1);
///     Ok(())
/// })?;
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub struct Transaction<'c> {
    connection: Connection<'c>,
    callbacks: &'c Callbacks,
}

/// A read transaction: one moment in time. Made by [`Database::read`].
///
/// # Examples
///
/// ```
/// # use eager_orm::{Error, prelude::*};
/// # #[derive(Model, Debug)]
/// # pub struct Tag { pub id: i64 }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// db.read(|snapshot| {
///     assert_eq!(Tag::objects().count(snapshot)?, 0);
///     assert!(matches!(Tag::create().save(snapshot), Err(Error::ReadOnly { .. })));
///     Ok(())
/// })?;
/// # Ok::<(), Error>(())
/// ```
pub struct Snapshot<'c> {
    connection: Connection<'c>,
}

/// A connection in hand from which rows can be streamed.
#[doc(hidden)]
pub struct HeldConnection<'s>(Connection<'s>);

/// The rows of a statement that is being streamed.
pub(crate) struct Streamed<'s> {
    rows: Rows<'s, 'static>,
    /// Who is told of it, where anybody is.
    stream: Option<Stream>,
    text: Arc<str>,
    about: About,
}

impl Streamed<'_> {
    /// Hands the next row to `read`; `None` after the last.
    pub(crate) fn next<T>(&mut self, read: impl FnOnce(Row<'_>) -> Result<T>) -> Result<Option<T>> {
        let failed = |error| told(error, &self.text, self.about);
        let row = match &mut self.stream {
            Some(stream) => stream.step(|| self.rows.next().map_err(failed)),
            None => self.rows.next().map_err(failed),
        };
        row?.map(read).transpose()
    }
}

impl Drop for Streamed<'_> {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            stream.end(self.rows.counters());
        }
    }
}

impl<'s> HeldConnection<'s> {
    /// Opens a stream. It is logged when it is opened: its rows are read as long as the caller likes.
    pub(crate) fn stream(&self, sql: &Sql, about: About) -> Result<Streamed<'s>> {
        still_open(&self.0)?;
        let (rows, stream) = self.0.stream(sql, about)?;
        Ok(Streamed { rows, stream, text: Arc::clone(&sql.text), about })
    }

    pub(crate) fn connection(&self) -> Connection<'s> {
        self.0
    }
}

impl Held for Transaction<'_> {
    fn held(&self) -> HeldConnection<'_> {
        HeldConnection(self.connection)
    }
}

impl Held for Snapshot<'_> {
    fn held(&self) -> HeldConnection<'_> {
        HeldConnection(self.connection)
    }
}

impl<'c> Snapshot<'c> {
    pub(crate) fn connection(&self) -> Connection<'c> {
        self.connection
    }
}

impl<'c> Transaction<'c> {
    fn new(connection: Connection<'c>, callbacks: &'c Callbacks) -> Self {
        Transaction { connection, callbacks }
    }

    pub(super) fn callbacks(&self) -> &'c Callbacks {
        self.callbacks
    }

    pub(crate) fn connection(&self) -> Connection<'c> {
        self.connection
    }

    /// Runs work between SAVEPOINT and RELEASE.
    pub(super) fn mark<T, E: From<Error>>(
        &self,
        at: &'static Location<'static>,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        // Dropped with what the savepoint did, and after it.
        let kept = Kept::new(self.callbacks);
        let open = Open::savepoint(&self.connection, at)?;
        let value = work(&Transaction::new(self.connection, self.callbacks))?;
        open.commit()?;
        kept.keep();
        Ok(value)
    }

    /// A transaction within the transaction: an error rolls back what `f` did and nothing else.
    ///
    /// # Errors
    ///
    /// What `f` returns; everything `f` did is undone then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{Error, prelude::*};
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, #[field(unique)] pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// db.transaction(|tx| {
    ///     Tag::create().name("sf").save(tx)?;
    ///     // SAVEPOINT eager; INSERT ..; ROLLBACK TO eager; RELEASE eager
    ///     let again = tx.savepoint(|sp| Tag::create().name("sf").save(sp));
    ///     assert!(matches!(again, Err(Error::Unique { .. })));
    ///     Ok(())
    /// })?;
    /// assert_eq!(Tag::objects().count(&db)?, 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn savepoint<T>(&self, f: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        self.mark(Location::caller(), f)
    }

    /// [`savepoint`](Self::savepoint) for a closure with an error of its own.
    ///
    /// # Errors
    ///
    /// What `f` returns; everything `f` did is undone then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// db.transaction(|tx| {
    ///     // SAVEPOINT eager; INSERT ..; ROLLBACK TO eager; RELEASE eager
    ///     let undone = tx.try_savepoint(|tx| -> Result<(), Box<dyn std::error::Error>> {
    ///         Tag::create().save(tx)?;
    ///         Err("changed my mind".into())
    ///     });
    ///     assert!(undone.is_err());
    ///     assert_eq!(Tag::objects().count(tx)?, 0);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn try_savepoint<T, E: From<Error>>(&self, f: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        self.mark(Location::caller(), f)
    }
}

impl Database {
    /// Runs `f` in a transaction: all of it takes effect, or nothing.
    ///
    /// `BEGIN IMMEDIATE`, so that a transaction which reads and then writes is never refused half way. An error or a
    /// panic in `f` rolls back. Inside, write through `tx`: the handle would wait for the transaction, and says so.
    /// So it is never part of another one: when it returns `Ok`, what it did is committed (what Django calls durable).
    /// For a closure with an error type of its own there is [`try_transaction`](Self::try_transaction).
    ///
    /// # Errors
    ///
    /// What `f` returns, or the transaction cannot begin or commit.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let tag = db.transaction(|tx| {
    ///     Tag::create().name("sf").save(tx)?;
    ///     Tag::create().name("fantasy").save(tx)
    /// })?; // BEGIN IMMEDIATE; INSERT ..; INSERT ..; COMMIT
    /// assert_eq!(tag.id, 2);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn transaction<T>(&self, f: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        self.try_transaction(f)
    }

    /// [`transaction`](Self::transaction) for a closure with an error of its own.
    ///
    /// # Errors
    ///
    /// What `f` returns, or the transaction cannot begin or commit.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let read = db.try_transaction(|tx| -> Result<_, Box<dyn std::error::Error>> {
    ///     let name = std::fs::read_to_string("no such file")?;
    ///     Ok(Tag::create().name(name).save(tx)?)
    /// });
    /// assert!(read.is_err());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn try_transaction<T, E: From<Error>>(&self, f: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        self.commit(Location::caller(), f)
    }

    /// Runs work in a transaction of its own, and what is to run after it.
    pub(super) fn commit<T, E: From<Error>>(
        &self,
        at: &'static Location<'static>,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let callbacks = Callbacks::default();
        let value = {
            let link = self.writer()?;
            let connection = Connection::new(&link, self);
            let open = Open::begin(&connection, "BEGIN IMMEDIATE", at)?;
            let value = work(&Transaction::new(connection, &callbacks))?;
            open.commit()?;
            value
        };
        callbacks.run(self);
        Ok(value)
    }

    /// Runs `f` in a read transaction: every query in it sees one moment in time, whoever writes meanwhile.
    ///
    /// Many small queries are faster inside: each query outside takes SQLite's read lock anew.
    ///
    /// # Errors
    ///
    /// What `f` returns, or no connection is to be had.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let (count, tags) = db.read(|snapshot| {
    ///     Ok((Tag::objects().count(snapshot)?, Tag::objects().all(snapshot)?))
    /// })?; // BEGIN; SELECT count(*) ..; SELECT ..; COMMIT
    /// assert_eq!(count, tags.len() as u64);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn read<T>(&self, f: impl FnOnce(&Snapshot<'_>) -> Result<T>) -> Result<T> {
        self.try_read(f)
    }

    /// [`read`](Self::read) for a closure with an error of its own.
    ///
    /// # Errors
    ///
    /// What `f` returns, or no connection is to be had.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let count = db.try_read(|snapshot| -> Result<_, Box<dyn std::error::Error>> {
    ///     Ok(u32::try_from(Tag::objects().count(snapshot)?)?)
    /// }); // BEGIN; SELECT count(*) ..; COMMIT
    /// assert_eq!(count.unwrap(), 0);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn try_read<T, E: From<Error>>(&self, f: impl FnOnce(&Snapshot<'_>) -> Result<T, E>) -> Result<T, E> {
        let at = Location::caller();
        let link = self.reader()?;
        let connection = Connection::new(&link, self);
        if !link.raw().is_autocommit() {
            // A connection this thread reads with already, in a transaction.
            return f(&Snapshot { connection });
        }
        let open = Open::begin(&connection, "BEGIN", at)?;
        let value = f(&Snapshot { connection })?;
        open.commit()?;
        Ok(value)
    }
}
