//! Transactions for code that does not know whether it is in one: it takes a `&dyn Executor`.

use std::panic::Location;

use super::{Database, Executor, Transaction};
use crate::error::{Error, Result};

impl dyn Executor + '_ {
    /// Runs `f` so that all of it takes effect or nothing: in a transaction through `&Database`, in a savepoint through
    /// `&Transaction`. What Django calls `atomic`.
    ///
    /// # Errors
    ///
    /// What `f` returns, or the transaction cannot begin or commit; [`Error::ReadOnly`] through a snapshot.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{Result, prelude::*};
    /// # #[derive(Model)]
    /// # pub struct Account { pub id: i64, pub cents: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Account])?;
    /// # (0..2).try_for_each(|_| Account::create().cents(100).save(&db).map(drop))?;
    /// fn transfer(db: &dyn Executor, cents: i64, from: i64, to: i64) -> Result<()> {
    ///     db.atomic(|tx| {
    ///         Account::objects().filter(|a| a.id().eq(from)).update(tx, |a| a.cents().set(a.cents() - cents))?;
    ///         Account::objects().filter(|a| a.id().eq(to)).update(tx, |a| a.cents().set(a.cents() + cents))?;
    ///         Ok(())
    ///     })
    /// }
    /// transfer(&db, 10, 1, 2)?; // BEGIN IMMEDIATE; UPDATE ..; UPDATE ..; COMMIT
    /// db.transaction(|tx| transfer(tx, 10, 1, 2))?; // BEGIN IMMEDIATE; SAVEPOINT eager; .. RELEASE eager; COMMIT
    /// assert_eq!(Account::objects().find(&db, 2)?.cents, 120);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn atomic<T>(&self, f: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        self.transact_with(true, Location::caller(), f)
    }

    /// `atomic` for a closure with an error of its own.
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
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// fn tag(db: &dyn Executor, text: &str) -> Result<(), Box<dyn std::error::Error>> {
    ///     db.try_atomic(|tx| {
    ///         Tag::create().save(tx)?;
    ///         text.parse::<i64>()?;
    ///         Ok(())
    ///     })
    /// }
    /// assert!(tag(&db, "seven").is_err()); // BEGIN IMMEDIATE; INSERT ..; ROLLBACK
    /// assert_eq!(Tag::objects().count(&db)?, 0);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn try_atomic<T, E: From<Error>>(&self, f: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        self.transact_with(true, Location::caller(), f)
    }

    /// Runs `f` in a transaction that is never part of another: when it returns `Ok`, what it did is committed. What
    /// Django calls `atomic(durable=True)`, and what [`Database::transaction`] always is.
    ///
    /// # Errors
    ///
    /// [`Error::Nested`] through a `&Transaction`, before `f` runs; otherwise as for `atomic`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{Error, Result, prelude::*};
    /// # #[derive(Model, Debug)]
    /// # pub struct Payment { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Payment])?;
    /// fn pay(db: &dyn Executor) -> Result<Payment> {
    ///     db.transaction(|tx| Payment::create().save(tx))
    /// }
    /// pay(&db)?; // BEGIN IMMEDIATE; INSERT ..; COMMIT
    /// assert!(matches!(db.transaction(|tx| pay(tx)), Err(Error::Nested { .. }))); // BEGIN IMMEDIATE; ROLLBACK
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn transaction<T>(&self, f: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        self.transact_with(false, Location::caller(), f)
    }

    /// Runs `f` after the commit of the transaction this is: [`Transaction::on_commit`]. Through `&Database`, where each
    /// call has committed when it returns, and through `&Snapshot`, it runs at once.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{Result, prelude::*};
    /// # use std::sync::mpsc::{Sender, channel};
    /// # #[derive(Model)]
    /// # pub struct Order { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Order])?;
    /// fn order(db: &dyn Executor, mail: &Sender<String>) -> Result<()> {
    ///     let (id, mail) = (Order::create().save(db)?.id, mail.clone());
    ///     db.on_commit(move |_| mail.send(format!("order {id}")).unwrap());
    ///     Ok(())
    /// }
    /// let (send, mails) = channel();
    /// order(&db, &send)?;
    /// db.transaction(|tx| order(tx, &send))?;
    /// assert_eq!(mails.try_iter().collect::<Vec<_>>(), ["order 1", "order 2"]);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn on_commit(&self, f: impl FnOnce(&Database) + 'static) {
        self.after_commit(Box::new(f));
    }

    fn transact_with<T, E: From<Error>>(
        &self,
        nests: bool,
        at: &'static Location<'static>,
        f: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let (mut f, mut outcome) = (Some(f), None);
        let done = self.transact(nests, at, &mut |tx| match f.take().map(|f| f(tx)) {
            Some(Ok(value)) => {
                outcome = Some(Ok(value));
                Ok(())
            }
            failed => {
                outcome = failed;
                // It rolls back; which one it is, nobody sees.
                Err(Error::RolledBack)
            }
        });
        match (outcome, done) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(error)) => Err(error.into()),
            (None, Ok(())) => Err(Error::RolledBack.into()),
        }
    }
}
