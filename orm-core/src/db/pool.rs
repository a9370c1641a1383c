//! A pool of connections. r2d2 opens, counts, bounds and closes them; those that nobody has stay checked out of it, in a
//! list from which a look-up takes one under one lock and without asking for the time.

use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use r2d2::ManageConnection;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::OpenFlags;
use scheduled_thread_pool::ScheduledThreadPool;

use super::busy::Patience;
use super::file::FileId;
use super::link::{Alone, Link};
use super::open::Place;
use crate::error::{Error, Result};

/// A connection that r2d2 has handed out.
pub(super) type Pooled = r2d2::PooledConnection<Opener>;

/// How long r2d2 is waited for at a time: why a connection could not be opened is known sooner than it says so.
const SLICE: Duration = Duration::from_millis(250);

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
struct Failures(Mutex<Option<Unopened>>);

#[derive(Debug)]
struct Told(Arc<Failures>);

impl r2d2::HandleError<Unopened> for Told {
    fn handle_error(&self, error: Unopened) {
        *self.0.0.lock() = Some(error);
    }
}

/// One thread for the whole process opens connections; r2d2's default is three for each pool.
fn thread() -> Arc<ScheduledThreadPool> {
    static OPENER: OnceLock<Arc<ScheduledThreadPool>> = OnceLock::new();
    Arc::clone(OPENER.get_or_init(|| {
        Arc::new(ScheduledThreadPool::builder().num_threads(1).thread_name_pattern("eager-orm-open-{}").build())
    }))
}

/// Up to so many connections, each opened when somebody finds none.
pub(super) struct Pool {
    most: u32,
    state: Mutex<State>,
    /// A connection was given back, or may be opened.
    free: Condvar,
    failures: Arc<Failures>,
}

struct State {
    /// None once the pool is closed.
    source: Option<r2d2::Pool<Opener>>,
    idle: Vec<Alone<Pooled>>,
    /// How many have come from the source, or are coming.
    open: u32,
}

impl Pool {
    /// A pool of which no connection is open yet.
    pub(super) fn new(opener: Opener, most: u32) -> Self {
        let failures = Arc::default();
        let source = r2d2::Pool::builder()
            .max_size(most)
            .min_idle(Some(0))
            .idle_timeout(None)
            .max_lifetime(None)
            .test_on_check_out(false)
            // Half of it is the longest pause before it tries again to open what could not be opened.
            .connection_timeout(SLICE)
            .error_handler(Box::new(Told(Arc::clone(&failures))))
            .thread_pool(thread())
            .build_unchecked(opener);
        let state = State { source: Some(source), idle: Vec::new(), open: 0 };
        Pool { most, state: Mutex::new(state), free: Condvar::new(), failures }
    }

    /// Takes a connection; waits for one so long where all are held.
    pub(super) fn take(&self, place: &Place, timeout: Duration) -> Result<Rc<Pooled>> {
        let (mut state, mut until) = (self.state.lock(), None);
        loop {
            if let Some(idle) = state.idle.pop() {
                return Ok(idle.into());
            }
            let source = state.source.as_ref().ok_or(Error::Closed)?;
            if state.open < self.most {
                let source = source.clone();
                state.open += 1;
                drop(state);
                return self.open(&source, place).inspect_err(|_| self.forget()).map(Rc::new);
            }
            let until = *until.get_or_insert_with(|| Instant::now() + timeout);
            if self.free.wait_until(&mut state, until).timed_out() && state.idle.is_empty() && state.open == self.most {
                return Err(Error::PoolTimeout { seconds: timeout.as_secs() });
            }
        }
    }

    /// Opens a connection more. There is room for it: it is opened, or it is known why not.
    #[cold]
    fn open(&self, source: &r2d2::Pool<Opener>, place: &Place) -> Result<Pooled> {
        loop {
            if let Ok(pooled) = source.get() {
                return Ok(pooled);
            }
            match self.failures.0.lock().take() {
                Some(Unopened::File(error)) => return Err(error),
                Some(Unopened::Driver(error)) => return Err(place.open_error(error)),
                None => {}
            }
        }
    }

    /// Takes a connection that is idle, or the first.
    pub(super) fn take_idle(&self, place: &Place) -> Option<Rc<Pooled>> {
        let mut state = self.state.lock();
        let idle = state.idle.pop();
        if idle.is_some() || state.open > 0 {
            return idle.map(Rc::from);
        }
        drop(state);
        self.take(place, Duration::ZERO).ok()
    }

    /// Whether every connection there may be is held.
    pub(super) fn is_exhausted(&self) -> bool {
        let state = self.state.lock();
        state.open == self.most && state.idle.is_empty()
    }

    /// Takes back a connection, unless somebody else on this thread still has it.
    pub(super) fn give_back(&self, pooled: Rc<Pooled>) {
        let Some(pooled) = Alone::new(pooled) else { return };
        let mut state = self.state.lock();
        // What could not be rolled back is, with the connection: its source closes it.
        if state.source.is_none() || !pooled.raw().is_autocommit() {
            drop(state);
            drop(pooled);
            return self.forget();
        }
        state.idle.push(pooled);
        drop(state);
        self.free.notify_one();
    }

    /// There is a connection less.
    #[cold]
    fn forget(&self) {
        self.state.lock().open -= 1;
        self.free.notify_one();
    }

    /// Closes what is idle, and what is given back from now on.
    pub(super) fn close(&self) {
        let gone = {
            let mut state = self.state.lock();
            let idle = std::mem::take(&mut state.idle);
            state.open -= u32::try_from(idle.len()).unwrap_or(state.open);
            (idle, state.source.take())
        };
        drop(gone);
        self.free.notify_all();
    }
}
