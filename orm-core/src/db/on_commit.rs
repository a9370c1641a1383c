//! What is to run after a commit: kept in the order it was asked for, dropped with the savepoint it was asked for in.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::executor::Callback;
use super::{Database, Transaction};

/// The callbacks of one transaction and its savepoints.
#[derive(Default)]
pub(super) struct Callbacks(RefCell<Vec<Callback>>);

impl Callbacks {
    pub(super) fn push(&self, callback: Callback) {
        self.0.borrow_mut().push(callback);
    }

    /// Runs all of them. The transaction has committed, so none of them can stop the others: a panic goes on afterwards.
    pub(super) fn run(self, database: &Database) {
        let mut panic = None;
        for callback in self.0.into_inner() {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| callback(database))) {
                panic.get_or_insert(payload);
            }
        }
        if let Some(payload) = panic {
            resume_unwind(payload);
        }
    }
}

/// Drops the callbacks that were added since, unless they are kept.
pub(super) struct Kept<'c> {
    callbacks: &'c Callbacks,
    before: usize,
}

impl<'c> Kept<'c> {
    pub(super) fn new(callbacks: &'c Callbacks) -> Self {
        Kept { callbacks, before: callbacks.0.borrow().len() }
    }

    pub(super) fn keep(mut self) {
        self.before = usize::MAX;
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        let added = {
            let mut callbacks = self.callbacks.0.borrow_mut();
            let before = self.before.min(callbacks.len());
            callbacks.split_off(before)
        };
        // What a callback has captured goes outside of the borrow.
        drop(added);
    }
}

impl Transaction<'_> {
    /// Runs `f` once the transaction has committed: for what must not happen if it does not, such as sending a mail.
    ///
    /// Callbacks run in the order they were added, after the outermost commit, when the connection is free again: `f` may
    /// write through the handle it is given. A rollback drops them; so does that of a savepoint with those that were added
    /// inside of it. The commit is done when `f` runs, so `f` has no error to return. If one panics, the others run, and
    /// then the panic goes on.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{Error, prelude::*};
    /// # #[derive(Model)]
    /// # pub struct Order { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Order])?;
    /// let (send, sent) = std::sync::mpsc::channel();
    /// db.transaction(|tx| {
    ///     let order = Order::create().save(tx)?;
    ///     tx.on_commit(move |_| send.send(order.id).unwrap());
    ///     assert!(sent.try_recv().is_err(), "not yet");
    ///     Ok(())
    /// })?; // BEGIN IMMEDIATE; INSERT ..; COMMIT, and then the callback
    /// assert_eq!(sent.try_recv(), Ok(1));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn on_commit(&self, f: impl FnOnce(&Database) + 'static) {
        self.callbacks().push(Box::new(f));
    }
}
