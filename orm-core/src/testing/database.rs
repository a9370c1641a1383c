//! A database for a test: one of its own, or a transaction that leaves nothing.

use std::panic::Location;

use crate::db::{Database, Transaction};
use crate::error::{Error, Result};
use crate::meta::ModelMeta;

/// A new database in memory with the tables of these models: one for each test.
///
/// # Errors
///
/// As for [`create_tables`](Database::create_tables).
///
/// # Examples
///
/// ```
/// # use eager_orm::{prelude::*, testing};
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64, pub name: String }
/// let db = testing::database(models![Tag])?;
/// assert_eq!(Tag::objects().count(&db)?, 0);
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[track_caller]
pub fn database(models: &[&'static ModelMeta]) -> Result<Database> {
    let db = Database::in_memory()?;
    db.create_tables(models)?;
    Ok(db)
}

/// Runs `f` in a transaction that is rolled back at its end, whatever comes of it: for tests that share a database which
/// is costly to fill. The value of `f` is handed on; rows in it are of a database that has them no more.
///
/// As with any transaction that is rolled back, what waits for its commit ([`Transaction::on_commit`]) does not happen.
/// Inside, read and write through `tx`, and hand it to the code under test as a `&dyn Executor`; savepoints work as ever.
/// The handle itself may not write meanwhile. In memory it may not read either; in a file it may, and it finds what was
/// there before the transaction, so code that keeps a `Database` of its own is tested with [`database`].
///
/// # Errors
///
/// What `f` returns, or the transaction cannot begin.
///
/// # Examples
///
/// ```
/// # use eager_orm::{prelude::*, testing};
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64, pub name: String }
/// # let db = testing::database(models![Tag])?;
/// let count = testing::rolled_back(&db, |tx| {
///     Tag::create().name("sf").save(tx)?;
///     Tag::objects().count(tx)
/// })?; // BEGIN IMMEDIATE; INSERT ..; SELECT count(*) ..; ROLLBACK
/// assert_eq!(count, 1);
/// assert_eq!(Tag::objects().count(&db)?, 0);
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[track_caller]
pub fn rolled_back<T>(db: &Database, f: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
    /// The way out of a transaction that rolls it back.
    enum Out<T> {
        Done(T),
        Failed(Error),
    }
    impl<T> From<Error> for Out<T> {
        fn from(error: Error) -> Self {
            Out::Failed(error)
        }
    }
    let at = Location::caller();
    match db.try_transaction(|tx| Err::<(), Out<T>>(f(tx).map_or_else(Out::Failed, Out::Done))) {
        Err(Out::Done(value)) => Ok(value),
        Err(Out::Failed(error)) => Err(error),
        Ok(()) => Err(Error::misuse(format!("the transaction of {at} was committed"))),
    }
}
