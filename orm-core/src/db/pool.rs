//! The pools of connections, and what a thread holds of them.
//!
//! One connection writes and several read. Whoever takes one is told at once if it would wait for itself, if the file is
//! not there any more, or if there is nothing to write to.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use r2d2::ManageConnection;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::OpenFlags;
use scheduled_thread_pool::ScheduledThreadPool;

use super::Database;
use super::busy::Patience;
use super::file::FileId;
use super::link::Link;
use crate::error::{Error, Result};

pub(super) type Pooled = r2d2::PooledConnection<Opener>;
pub(super) type Pool = r2d2::Pool<Opener>;

/// How long a caller waits at a time: why a connection could not be opened is known sooner than the pool says so.
const SLICE: Duration = Duration::from_millis(250);

/// How long at a time where every connection is open: a wait that is begun again is begun behind all others.
const LONG_SLICE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Pools {
    pub(super) writer: Pool,
    pub(super) readers: Pool,
}

/// Whose turn it is to write. The pool would give its connection to whoever asks just when it is given back, which is the
/// thread that has given it back and writes again; here those who have waited longer come first.
pub(super) type Turn = parking_lot::Mutex<()>;

/// The turn of a thread that writes.
type TurnGuard = parking_lot::ArcMutexGuard<parking_lot::RawMutex, ()>;

/// What a connection is told when it is opened.
pub(super) type Init = dyn Fn(&mut rusqlite::Connection) -> rusqlite::Result<()> + Send + Sync;

/// Opens connections, all alike.
pub(super) struct Opener {
    pub(super) manager: SqliteConnectionManager,
    /// How many statements each keeps.
    pub(super) statements: usize,
    pub(super) busy_timeout: Duration,
    /// The file that was opened first, where it is one.
    pub(super) file: Option<Arc<FileId>>,
}

impl Opener {
    /// Opens the file of this name, with these flags, and tells each connection this.
    pub(super) fn manager(name: &Path, flags: OpenFlags, init: &Arc<Init>) -> SqliteConnectionManager {
        let init = Arc::clone(init);
        SqliteConnectionManager::file(name).with_flags(flags).with_init(move |connection| init(connection))
    }
}

impl ManageConnection for Opener {
    type Connection = Link;
    type Error = Unopened;

    fn connect(&self) -> Result<Link, Unopened> {
        let _patience = Patience::new(self.busy_timeout);
        // A connection to another file of this name would find this one's log beside it, and play it back.
        if let Some(file) = &self.file {
            file.check()?;
        }
        Ok(Link::new(self.manager.connect()?, self.statements))
    }

    fn is_valid(&self, _: &mut Link) -> Result<(), Unopened> {
        Ok(())
    }

    fn has_broken(&self, connection: &mut Link) -> bool {
        // What could not be rolled back is, with the connection.
        !connection.raw().is_autocommit()
    }
}

/// Why a connection was not opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unopened {
    #[error(transparent)]
    File(#[from] Error),
    #[error(transparent)]
    Driver(#[from] rusqlite::Error),
}

/// Keeps why a connection could not be opened, for whoever waits for it.
#[derive(Debug, Default)]
pub(super) struct Failures(Mutex<Option<Unopened>>);

#[derive(Debug)]
struct Told(Arc<Failures>);

impl r2d2::HandleError<Unopened> for Told {
    fn handle_error(&self, error: Unopened) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// A pool of at most so many connections, of which none is open yet.
pub(super) fn pool(opener: Opener, connections: u32, failures: &Arc<Failures>) -> Pool {
    Pool::builder()
        .max_size(connections)
        .min_idle(Some(0))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_on_check_out(false)
        // Half of it is the longest pause before it tries again to open what could not be opened.
        .connection_timeout(SLICE)
        .error_handler(Box::new(Told(Arc::clone(failures))))
        .thread_pool(thread())
        .build_unchecked(opener)
}

/// One thread for the whole process opens connections; the pool's default is three for each pool.
fn thread() -> Arc<ScheduledThreadPool> {
    static OPENER: OnceLock<Arc<ScheduledThreadPool>> = OnceLock::new();
    Arc::clone(OPENER.get_or_init(|| {
        Arc::new(ScheduledThreadPool::builder().num_threads(1).thread_name_pattern("eager-orm-open-{}").build())
    }))
}

impl Database {
    /// Takes the writing connection; the guard remembers that this thread has it.
    pub(super) fn writer(&self) -> Result<(HoldGuard, Pooled)> {
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
        let (start, timeout) = (Instant::now(), self.inner.pool_timeout);
        let turn = self.inner.turn.try_lock_arc_for(timeout);
        let turn = turn.ok_or(Error::PoolTimeout { seconds: timeout.as_secs() })?;
        let pool = self.pools()?.writer;
        let pooled = self.connect(&pool, start)?;
        if let Some(file) = &self.inner.file {
            file.check()?;
            if file.has_long_log() {
                restart_log(pooled.raw());
            }
        }
        Ok((HoldGuard::new(self, Hold::Write, None, Some(turn)), pooled))
    }

    /// Takes a reading connection.
    pub(super) fn reader(&self) -> Result<(HoldGuard, Rc<Pooled>)> {
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
        let pool = self.pools()?.readers;
        if let Some(held) = held_reader(self.inner.id) {
            // A thread that reads while it reads. If every connection is held, each thread may be waiting for the others
            // to give one back: then it reads on with its own, and sees the moment that one sees.
            let state = pool.state();
            if state.connections == pool.max_size() && state.idle_connections == 0 {
                return Ok((HoldGuard::new(self, Hold::Read, Some(&held), None), held));
            }
        }
        let pooled = Rc::new(self.connect(&pool, Instant::now())?);
        if let Some(file) = &self.inner.file {
            file.glance()?;
        }
        Ok((HoldGuard::new(self, Hold::Read, Some(&pooled), None), pooled))
    }

    /// Whether this thread holds the writing connection.
    pub(super) fn is_writing(&self) -> bool {
        held(self.inner.id, Hold::Write)
    }

    /// Whether this thread reads already.
    pub(super) fn is_reading(&self) -> bool {
        held(self.inner.id, Hold::Read)
    }

    /// The writing connection, if nobody has it at this moment.
    pub(super) fn idle_writer(&self) -> Option<Pooled> {
        if self.is_writing() {
            return None;
        }
        let pool = self.pools().ok()?.writer;
        // The first who asks waits for it to be opened.
        if pool.state().connections == 0 { self.connect(&pool, Instant::now()).ok() } else { pool.try_get() }
    }

    fn pools(&self) -> Result<Pools> {
        let pools = self.inner.pools.read().unwrap_or_else(PoisonError::into_inner);
        pools.clone().ok_or(Error::Closed)
    }

    /// Takes a connection, for which the caller has waited since `start`.
    fn connect(&self, pool: &Pool, start: Instant) -> Result<Pooled> {
        if let Some(pooled) = pool.try_get() {
            return Ok(pooled);
        }
        let timeout = self.inner.pool_timeout;
        loop {
            let left = timeout.saturating_sub(start.elapsed());
            let slice = if pool.state().connections == pool.max_size() { LONG_SLICE } else { SLICE };
            if let Ok(pooled) = pool.get_timeout(left.clamp(Duration::from_millis(1), slice)) {
                return Ok(pooled);
            }
            let failure = self.inner.failures.0.lock().unwrap_or_else(PoisonError::into_inner).take();
            match failure {
                Some(Unopened::File(error)) => return Err(error),
                Some(Unopened::Driver(error)) => return Err(self.inner.place.open_error(error)),
                // A connection that is still being opened is none that others hold.
                None if left.is_zero() && pool.state().connections == pool.max_size() => {
                    return Err(Error::PoolTimeout { seconds: timeout.as_secs() });
                }
                None => {}
            }
        }
    }
}

/// Has the log begun anew. SQLite moves it into the file by itself, but writes on behind its end for as long as there is
/// always somebody who reads from it; this lets those who read come to their end. Whoever reads longer is not waited for,
/// and it is tried again later.
#[cold]
fn restart_log(connection: &rusqlite::Connection) {
    let _patience = Patience::new(Duration::from_millis(200));
    // It gives the space back too, and what `has_long_log` sees is what there is.
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
}

/// What a thread holds of a database while it runs a closure of the user's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    Read,
    Write,
}

thread_local! {
    static HOLDS: RefCell<Vec<(usize, Hold, Option<Rc<Pooled>>)>> = const { RefCell::new(Vec::new()) };
}

/// Asks what this thread holds. One that is ending, in the destructor of a value of its own, holds nothing.
fn holds<T: Default>(ask: impl FnOnce(&mut Vec<(usize, Hold, Option<Rc<Pooled>>)>) -> T) -> T {
    HOLDS.try_with(|holds| ask(&mut holds.borrow_mut())).unwrap_or_default()
}

fn held(id: usize, hold: Hold) -> bool {
    holds(|holds| holds.iter().any(|(of, held, _)| (*of, *held) == (id, hold)))
}

/// The connection this thread reads with already.
fn held_reader(id: usize) -> Option<Rc<Pooled>> {
    holds(|holds| holds.iter().rev().find_map(|(of, _, reader)| (*of == id).then(|| reader.clone()).flatten()))
}

/// Remembers a hold for as long as it lives. It never leaves its thread: it lives beside a connection on the stack.
pub(super) struct HoldGuard {
    entry: (usize, Hold),
    _patience: Patience,
    _turn: Option<TurnGuard>,
    /// Not `Send`: dropped on the thread that made it.
    _here: std::marker::PhantomData<*const ()>,
}

impl HoldGuard {
    fn new(database: &Database, hold: Hold, reader: Option<&Rc<Pooled>>, turn: Option<TurnGuard>) -> Self {
        let entry = (database.inner.id, hold);
        holds(|holds| holds.push((entry.0, hold, reader.cloned())));
        HoldGuard {
            entry,
            _patience: Patience::new(database.inner.busy_timeout),
            _turn: turn,
            _here: std::marker::PhantomData,
        }
    }
}

impl Drop for HoldGuard {
    fn drop(&mut self) {
        // The connection goes back to its pool outside of the borrow.
        let _gone = holds(|holds| {
            let at = holds.iter().rposition(|(id, hold, _)| (*id, *hold) == self.entry);
            at.map(|at| holds.remove(at))
        });
    }
}
