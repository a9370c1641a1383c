//! What a thread holds of a database: the connection it reads or writes with.
//!
//! One connection writes and several read. Whoever takes one is told at once if it would wait for itself, if the file is
//! not there any more, or if there is nothing to write to.

use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use super::Database;
use super::busy::Patience;
use super::link::Link;
use super::pool::{Pool, Pooled};
use crate::error::{Error, Result};

/// Whose turn it is to write. A pool gives its connection to whoever asks just when it is given back, which is the thread
/// that has given it back and writes again; here those who have waited longer come first.
pub(super) type Turn = Mutex<()>;

impl Database {
    /// Takes the writing connection.
    pub(super) fn writer(&self) -> Result<Holding<'_>> {
        if self.inner.read_only {
            return Err(Error::ReadOnly { what: "the database" });
        }
        if held(self.inner.id, Hold::Write) {
            return Err(Error::Nested { holds: "already holds a transaction, `tx`" });
        }
        if self.inner.memory && held(self.inner.id, Hold::Read) {
            return Err(Error::Nested {
                holds: "reads from this in-memory database, and in memory a writer waits for readers",
            });
        }
        if self.inner.exclusive && held(self.inner.id, Hold::Read) {
            return Err(Error::Nested { holds: "reads from this exclusive database, which has one connection" });
        }
        let timeout = self.inner.pool_timeout;
        let turn = self.waiting(|| self.inner.turn.try_lock_for(timeout));
        let turn = turn.ok_or(Error::PoolTimeout { seconds: timeout.as_secs() })?;
        let link = self.inner.writer.take(&self.inner.place, timeout)?;
        let holding = Holding::new(self, Hold::Write, link, Some(turn));
        if let Some(file) = &self.inner.file {
            file.check()?;
            if file.has_long_log() {
                restart_log(holding.raw());
            }
        }
        Ok(holding)
    }

    /// Takes a reading connection.
    pub(super) fn reader(&self) -> Result<Holding<'_>> {
        if self.inner.memory && held(self.inner.id, Hold::Write) {
            return Err(Error::Nested {
                holds: "already holds a transaction, `tx`, and in memory readers wait for a writer",
            });
        }
        if self.inner.exclusive && held(self.inner.id, Hold::Write) {
            return Err(Error::Nested {
                holds: "already holds a transaction, `tx`, and an exclusive database has one connection",
            });
        }
        let pool = &self.inner.readers;
        if let Some(held) = held_link(self.inner.id, Hold::Read) {
            // A thread that reads while it reads. If every connection is held, each thread may be waiting for the others
            // to give one back: then it reads on with its own, and sees the moment that one sees. So it does in memory,
            // where a second connection would wait for a writer that waits for the first.
            if self.inner.memory || pool.is_exhausted() {
                return Ok(Holding::new(self, Hold::Read, held, None));
            }
        }
        let holding = Holding::new(self, Hold::Read, pool.take(&self.inner.place, self.inner.pool_timeout)?, None);
        if let Some(file) = &self.inner.file {
            file.glance()?;
        }
        Ok(holding)
    }

    /// Whether this thread holds the writing connection.
    pub(super) fn is_writing(&self) -> bool {
        held(self.inner.id, Hold::Write)
    }

    /// Whether this thread reads already.
    pub(super) fn is_reading(&self) -> bool {
        held(self.inner.id, Hold::Read)
    }

    /// The connection this thread writes with.
    pub(super) fn held_writer(&self) -> Option<Rc<Pooled>> {
        held_link(self.inner.id, Hold::Write)
    }

    /// The writing connection, if nobody has it at this moment.
    pub(super) fn idle_writer(&self) -> Option<Lent<'_>> {
        if self.is_writing() {
            return None;
        }
        let pool = &*self.inner.writer;
        Some(Lent { link: Some(pool.take_idle(&self.inner.place)?), pool })
    }
}

/// Has the log begun anew, whose file is so long. SQLite moves it into the database by itself, but writes on behind its end
/// for as long as there is always somebody who reads from it; this lets those who read come to their end. Whoever reads
/// longer is not waited for, and it is tried again later.
///
/// The file gives space back with the next write, down to `journal_size_limit`.
#[cold]
fn restart_log(connection: &rusqlite::Connection) {
    let _patience = Patience::new(Duration::from_millis(200));
    let checkpoint = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(1));
    // What is in the file may be an old log's, and this one short.
    if checkpoint("PRAGMA wal_checkpoint(PASSIVE)").is_ok_and(|pages| pages > LONG_LOG) {
        let _ = checkpoint("PRAGMA wal_checkpoint(RESTART)");
    }
}

/// How many pages of a log are too many: four times what SQLite lets gather before it moves them into the database.
const LONG_LOG: i64 = 4000;

/// What a thread holds of a database while it runs a closure of the user's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    Read,
    Write,
}

/// The database, what is held of it, and what it is read with.
type Held = (usize, Hold, Rc<Pooled>);

thread_local! {
    static HOLDS: RefCell<Vec<Held>> = const { RefCell::new(Vec::new()) };
}

/// Asks what this thread holds. One that is ending, in the destructor of a value of its own, holds nothing.
fn holds<T: Default>(ask: impl FnOnce(&mut Vec<Held>) -> T) -> T {
    HOLDS.try_with(|holds| ask(&mut holds.borrow_mut())).unwrap_or_default()
}

fn held(id: usize, hold: Hold) -> bool {
    holds(|holds| holds.iter().any(|(of, held, _)| (*of, *held) == (id, hold)))
}

/// The connection this thread reads or writes with already.
fn held_link(id: usize, hold: Hold) -> Option<Rc<Pooled>> {
    holds(|holds| {
        let held = holds.iter().rev().find(|(of, held, _)| (*of, *held) == (id, hold));
        held.map(|(_, _, link)| Rc::clone(link))
    })
}

/// A connection that was taken from a pool, and goes back to it.
pub(super) struct Lent<'d> {
    /// None when it has gone back.
    link: Option<Rc<Pooled>>,
    pool: &'d Pool,
}

impl Deref for Lent<'_> {
    type Target = Link;
    fn deref(&self) -> &Link {
        match &self.link {
            Some(link) => link,
            // It goes back when this is dropped, and not before.
            None => std::process::abort(),
        }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(link) = self.link.take() {
            self.pool.give_back(link);
        }
    }
}

/// A connection that this thread has and remembers to have. It never leaves its thread: it lives on the stack.
pub(super) struct Holding<'d> {
    hold: Hold,
    database: usize,
    // In the order in which they go: who waits for the turn finds the connection there.
    lent: Lent<'d>,
    _patience: Patience,
    _turn: Option<MutexGuard<'d, ()>>,
}

impl<'d> Holding<'d> {
    fn new(database: &'d Database, hold: Hold, link: Rc<Pooled>, turn: Option<MutexGuard<'d, ()>>) -> Self {
        let inner = &*database.inner;
        let pool = match hold {
            Hold::Read => &inner.readers,
            Hold::Write => &inner.writer,
        };
        holds(|holds| holds.push((inner.id, hold, Rc::clone(&link))));
        let lent = Lent { link: Some(link), pool };
        Holding { hold, database: inner.id, lent, _patience: Patience::new(inner.busy_timeout), _turn: turn }
    }
}

impl Deref for Holding<'_> {
    type Target = Link;
    fn deref(&self) -> &Link {
        &self.lent
    }
}

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        // What is remembered of it is a reference too, and goes before the connection does.
        let _gone = holds(|holds| {
            let is_it = |(id, hold, _): &Held| (*id, *hold) == (self.database, self.hold);
            // What was taken last mostly goes first.
            holds.pop_if(|held| is_it(held)).or_else(|| Some(holds.remove(holds.iter().rposition(is_it)?)))
        });
    }
}
