//! Where a statement may run: the database, a transaction, a snapshot.

use std::panic::Location;

use super::{Connection, Database, Snapshot, Transaction};
use crate::error::{Error, Result};

/// What a piece of work needs of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Need {
    /// One statement that reads.
    Read,
    /// Several statements that must see one moment in time.
    Snapshot,
    /// One statement that writes.
    Write,
    /// Several statements of which all take effect or none.
    WriteAll,
    /// One statement that nobody knows, and that may not be able to run in a transaction.
    WriteAlone,
}

/// Which moment of the database is seen there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Standing {
    /// Whatever is committed now.
    Now,
    /// What was committed when it began, and what it has written itself.
    Transaction,
    /// What was committed when it began.
    Snapshot,
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// Where a statement runs: `&Database`, `&Transaction` or `&Snapshot`.
///
/// Through `&Database` each call is a transaction of its own. A function that takes `&dyn Executor` runs in any of them.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # use eager_orm::{Executor, Result};
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64, pub name: String }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// fn tag(db: &dyn Executor, name: &str) -> Result<Tag> {
///     match Tag::objects().filter(|t| t.name().eq(name)).first(db)? {
///         Some(tag) => Ok(tag),
///         None => Tag::create().name(name).save(db),
///     }
/// }
/// let new = db.transaction(|tx| tag(tx, "sf"))?; // BEGIN IMMEDIATE; SELECT ..; INSERT ..; COMMIT
/// assert_eq!(tag(&db, "sf")?.id, new.id); // SELECT ..
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot run a query",
    label = "expected `&Database`, `&Transaction` or `&Snapshot`"
)]
pub trait Executor: sealed::Sealed {
    /// Runs work on a connection that can do what it needs.
    ///
    /// # Errors
    ///
    /// What `work` returns, or no connection is to be had.
    #[doc(hidden)]
    fn run(&self, need: Need, at: &'static Location<'static>, work: Work<'_>) -> Result<()>;

    /// Runs work in a transaction of its own, or within the one that is open where it `nests`.
    #[doc(hidden)]
    fn transact(&self, nests: bool, at: &'static Location<'static>, work: TransactionWork<'_>) -> Result<()>;

    /// Keeps what is to run after the commit, or runs it at once where there is none to come.
    #[doc(hidden)]
    fn after_commit(&self, callback: Callback);

    /// The database this leads to.
    #[doc(hidden)]
    fn database(&self) -> &Database;

    /// Which moment of it is seen.
    #[doc(hidden)]
    fn standing(&self) -> Standing;
}

/// Work on a connection, behind one pointer, so that each terminal method is compiled once a model.
#[doc(hidden)]
pub type Work<'a> = &'a mut dyn FnMut(&Connection<'_>) -> Result<()>;

/// Work in a transaction.
#[doc(hidden)]
pub type TransactionWork<'a> = &'a mut dyn FnMut(&Transaction<'_>) -> Result<()>;

/// What runs after a commit.
#[doc(hidden)]
pub type Callback = Box<dyn FnOnce(&Database)>;

/// An executor that holds its connection, so that rows can be streamed from it: `&Transaction` or `&Snapshot`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not hold a connection, so rows cannot be streamed from it",
    label = "expected `&Snapshot` or `&Transaction`",
    note = "write `db.read(|snapshot| ..)` around the loop, or use `.for_each(&db, ..)`"
)]
pub trait Held: Executor {
    /// The connection, and what keeps statements open on it.
    #[doc(hidden)]
    fn held(&self) -> super::transaction::HeldConnection<'_>;
}

impl sealed::Sealed for Database {}
impl sealed::Sealed for Transaction<'_> {}
impl sealed::Sealed for Snapshot<'_> {}
impl<E: sealed::Sealed + ?Sized> sealed::Sealed for &E {}

impl Executor for Database {
    fn run(&self, need: Need, at: &'static Location<'static>, work: Work<'_>) -> Result<()> {
        match need {
            Need::Read => {
                let link = self.reader()?;
                work(&Connection::new(&link, self))
            }
            Need::Snapshot => {
                let link = self.reader()?;
                let connection = Connection::new(&link, self);
                within(&connection, "BEGIN", at, work)
            }
            // Where somebody wants to know what is written, it has to be known before it is committed.
            Need::Write if !self.inner.fresh.is_on() => {
                let link = self.writer()?;
                work(&Connection::new(&link, self))
            }
            Need::WriteAlone => {
                let link = self.writer()?;
                self.inner.fresh.unknown(&link, || work(&Connection::new(&link, self)))
            }
            Need::Write | Need::WriteAll => {
                let link = self.writer()?;
                let connection = Connection::new(&link, self);
                within(&connection, "BEGIN IMMEDIATE", at, work)
            }
        }
    }

    fn transact(&self, _: bool, at: &'static Location<'static>, work: TransactionWork<'_>) -> Result<()> {
        self.commit(at, work)
    }

    fn after_commit(&self, callback: Callback) {
        callback(self);
    }

    fn database(&self) -> &Database {
        self
    }

    fn standing(&self) -> Standing {
        // A thread that reads while it reads may see the moment it sees already.
        if self.is_reading() { Standing::Snapshot } else { Standing::Now }
    }
}

impl Executor for Transaction<'_> {
    fn run(&self, need: Need, at: &'static Location<'static>, work: Work<'_>) -> Result<()> {
        let connection = self.connection();
        super::transaction::still_open(&connection)?;
        match need {
            Need::Read | Need::Snapshot | Need::Write | Need::WriteAlone => work(&connection),
            Need::WriteAll => self.mark(at, |_| work(&connection)),
        }
    }

    fn transact(&self, nests: bool, at: &'static Location<'static>, work: TransactionWork<'_>) -> Result<()> {
        if !nests {
            return Err(Error::Nested { holds: "already holds a transaction, `tx`" });
        }
        self.mark(at, work)
    }

    fn after_commit(&self, callback: Callback) {
        self.callbacks().push(callback);
    }

    fn database(&self) -> &Database {
        self.connection().database()
    }

    fn standing(&self) -> Standing {
        Standing::Transaction
    }
}

impl Executor for Snapshot<'_> {
    fn run(&self, need: Need, _: &'static Location<'static>, work: Work<'_>) -> Result<()> {
        match need {
            Need::Read | Need::Snapshot => work(&self.connection()),
            Need::Write | Need::WriteAll | Need::WriteAlone => Err(Error::ReadOnly { what: "a snapshot" }),
        }
    }

    fn transact(&self, _: bool, _: &'static Location<'static>, _: TransactionWork<'_>) -> Result<()> {
        Err(Error::ReadOnly { what: "a snapshot" })
    }

    fn after_commit(&self, callback: Callback) {
        callback(self.database());
    }

    fn database(&self) -> &Database {
        self.connection().database()
    }

    fn standing(&self) -> Standing {
        Standing::Snapshot
    }
}

impl<E: Executor + ?Sized> Executor for &E {
    fn run(&self, need: Need, at: &'static Location<'static>, work: Work<'_>) -> Result<()> {
        (**self).run(need, at, work)
    }
    fn transact(&self, nests: bool, at: &'static Location<'static>, work: TransactionWork<'_>) -> Result<()> {
        (**self).transact(nests, at, work)
    }
    fn after_commit(&self, callback: Callback) {
        (**self).after_commit(callback);
    }
    fn database(&self) -> &Database {
        (**self).database()
    }
    fn standing(&self) -> Standing {
        (**self).standing()
    }
}

impl<E: Held + ?Sized> Held for &E {
    fn held(&self) -> super::transaction::HeldConnection<'_> {
        (**self).held()
    }
}

/// Runs a statement that writes several rows. Where it is not `whole`, which means that SQLite may leave a part of it when it
/// fails, it is run where that part can be undone.
pub(crate) fn write_whole(
    db: &dyn Executor,
    at: &'static Location<'static>,
    whole: impl Fn(&Connection<'_>) -> Result<bool>,
    work: Work<'_>,
) -> Result<()> {
    let mut is_whole = true;
    db.run(Need::Write, at, &mut |connection| {
        is_whole = whole(connection)?;
        if is_whole { work(connection) } else { Ok(()) }
    })?;
    if is_whole { Ok(()) } else { db.run(Need::WriteAll, at, work) }
}

/// Runs work inside a transaction; an error or a panic rolls it back.
fn within(connection: &Connection<'_>, begin: &str, at: &'static Location<'static>, work: Work<'_>) -> Result<()> {
    if !connection.raw().is_autocommit() {
        // A connection this thread reads with already, in a transaction.
        return work(connection);
    }
    let open = super::transaction::Open::begin(connection, begin, at)?;
    work(connection)?;
    open.commit()
}
