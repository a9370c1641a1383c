//! Whether what was read is still what the database says: who has written which table, and when.
//!
//! Every write of this handle goes through its one writing connection, and says which tables it touches. A clock counts
//! its commits. Before a commit each of its tables is stamped with the number the clock will show, and when the commit is
//! through the clock shows it:
//!
//! ```text
//! writer:  stamp[t] = n+1 for each table t;  COMMIT;  clock = n+1
//! reader:  moment = clock;  begin to read;  ..
//! fresh:   stamp[t] <= moment for each table t that was read
//! ```
//!
//! A reader who notes the moment before the stamps are set reads old rows at an old moment, and the stamps are later: not
//! fresh. One who notes it while the commit is under way has an old moment too, and perhaps new rows: not fresh either,
//! which costs a query and no truth. One who notes it afterwards begins to read afterwards, and sees the commit.
//!
//! Commits of other processes (and of other handles of the file) are seen by a connection that does nothing but look,
//! the sentinel: its `data_version` changes with every commit but its own. Whether it was ours, the writing connection
//! says, whose own commits leave its `data_version` as it is. What cannot be told apart at once is not called fresh.
//!
//! None of it costs anything before the first result is to be remembered: one load of a flag.

use std::collections::HashMap;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::Duration;

use rusqlite::OpenFlags;

use super::answer::{Answer, collect, is_collecting};
use super::link::Link;
use super::touch::{Touch, any_temporary};
use super::{Database, Executor, Need, Standing};
use crate::error::Result;

/// Nothing is remembered, so nothing is noted.
const OFF: u8 = 0;
/// Writes are noted; one that began before may still be under way.
const STARTING: u8 = 1;
/// Every write that is under way is noted.
const READY: u8 = 2;

/// The stamp while something is written of which the tables are not known.
const UNDER_WAY: u64 = u64::MAX;

/// Of how many statements the tables are kept.
const STATEMENTS: usize = 4096;

/// Who has written what.
pub(super) struct Fresh {
    state: AtomicU8,
    clock: AtomicU64,
    /// The stamp of every table at once.
    pub(super) all: AtomicU64,
    /// The stamp of whichever table was written last.
    any: Stamp,
    stamps: RwLock<HashMap<Box<str>, Stamp>>,
    /// What each statement touched that was prepared last with its text, on whichever connection.
    touches: RwLock<HashMap<Box<str>, Arc<Touched>>>,
    /// What the transaction of the writing connection has written.
    writing: Mutex<Writing>,
    /// The file; none for a database that nobody else can write.
    file: Option<(PathBuf, OpenFlags)>,
    sentinel: Mutex<Sentinel>,
    /// How often somebody else has written, as far as was asked. It changes while the sentinel is locked.
    epoch: AtomicU64,
    /// What is remembered, by number.
    pub(super) answers: Mutex<HashMap<u32, Weak<Answer>>>,
    pub(super) next: AtomicU32,
}

/// What a statement touches, with the stamps of the tables it reads.
pub(super) struct Touched {
    pub(super) touch: Touch,
    pub(super) stamps: Vec<Stamp>,
}

/// When a table was written last.
pub(super) type Stamp = Arc<AtomicU64>;

/// What a transaction that writes has written.
#[derive(Default)]
struct Writing {
    /// Whether all of it was noted.
    is_noted: bool,
    touches: Vec<Arc<Touched>>,
}

#[derive(Default)]
struct Sentinel {
    connection: Option<rusqlite::Connection>,
    /// Its `data_version` when the last commit that it saw was told apart.
    known: Option<i64>,
    /// Which connection wrote at that time, and its `data_version`.
    writer: Option<(u64, i64)>,
}

/// A moment before something is read.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) epoch: u64,
    pub(super) clock: u64,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Fresh {
    pub(super) fn new(file: Option<(PathBuf, OpenFlags)>) -> Self {
        Fresh {
            state: AtomicU8::new(OFF),
            clock: AtomicU64::new(1),
            all: AtomicU64::new(0),
            any: Stamp::default(),
            stamps: RwLock::default(),
            touches: RwLock::default(),
            writing: Mutex::default(),
            file,
            sentinel: Mutex::default(),
            epoch: AtomicU64::new(0),
            answers: Mutex::default(),
            next: AtomicU32::new(1),
        }
    }

    /// Whether writes have to be noted.
    #[inline]
    pub(super) fn is_on(&self) -> bool {
        self.state.load(SeqCst) != OFF
    }

    /// Whether it matters to anybody what a statement touches that runs on this thread.
    #[inline]
    pub(super) fn is_wanted(&self, is_writing: impl FnOnce() -> bool) -> bool {
        self.is_on() && (is_writing() || is_collecting())
    }

    /// The writing connection has begun a transaction.
    pub(super) fn begun(&self, writer: &Link) {
        let is_noted = self.is_on();
        *lock(&self.writing) = Writing { is_noted, touches: Vec::new() };
        if is_noted {
            // Nobody else can commit until this transaction has ended.
            self.tell_apart(writer);
        }
    }

    /// Ends the transaction of the writing connection by COMMIT.
    pub(super) fn commit(&self, writer: &Link, commit: impl FnOnce() -> Result<()>) -> Result<()> {
        if !self.is_on() {
            return commit();
        }
        let writing = std::mem::take(&mut *lock(&self.writing));
        if writing.is_noted && writing.touches.is_empty() {
            return commit();
        }
        let number = self.clock.load(SeqCst) + 1;
        self.any.store(number, SeqCst);
        if !writing.is_noted || writing.touches.iter().any(|touch| touch.touch.writes_all) {
            self.all.store(number, SeqCst);
        }
        for table in writing.touches.iter().flat_map(|touch| &touch.touch.writes) {
            self.stamp(table).store(number, SeqCst);
        }
        let outcome = commit();
        // Also where it failed: a number more does no harm.
        self.clock.store(number, SeqCst);
        self.tell_apart(writer);
        outcome
    }

    /// Runs work on the writing connection that may commit anything at any time.
    pub(super) fn unknown<T>(&self, writer: &Link, work: impl FnOnce() -> T) -> T {
        struct UnderWay<'a>(&'a Fresh);
        impl Drop for UnderWay<'_> {
            fn drop(&mut self) {
                let number = self.0.clock.load(SeqCst) + 1;
                self.0.all.store(number, SeqCst);
                self.0.clock.store(number, SeqCst);
            }
        }
        if !self.is_on() {
            return work();
        }
        self.all.store(UNDER_WAY, SeqCst);
        let under_way = UnderWay(self);
        let value = work();
        drop(under_way);
        self.tell_apart(writer);
        value
    }

    /// A statement ran on this thread, and touches this.
    pub(super) fn ran(&self, database: usize, touch: &Arc<Touched>, volatile: Option<&'static str>) {
        if touch.touch.writes_all || !touch.touch.writes.is_empty() {
            let mut writing = lock(&self.writing);
            if !writing.touches.iter().any(|known| Arc::ptr_eq(known, touch)) {
                writing.touches.push(Arc::clone(touch));
            }
        }
        collect(database, touch, volatile);
    }

    /// What a statement touches, with the stamps of its tables; the same for all connections where it is the same.
    pub(super) fn keep(&self, text: &str, touch: Touch) -> Arc<Touched> {
        let known = self.touches.read().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
        if let Some(known) = known.filter(|known| known.touch == touch) {
            return known;
        }
        let any = touch.reads_all.then(|| Arc::clone(&self.any));
        let stamps = touch.reads.iter().map(|table| self.stamp(table)).chain(any).collect();
        let touch = Arc::new(Touched { touch, stamps });
        let mut touches = self.touches.write().unwrap_or_else(PoisonError::into_inner);
        if touches.len() >= STATEMENTS {
            touches.clear();
        }
        touches.insert(text.into(), Arc::clone(&touch));
        touch
    }

    pub(super) fn stamp(&self, table: &str) -> Stamp {
        if let Some(stamp) = self.stamps.read().unwrap_or_else(PoisonError::into_inner).get(table) {
            return Arc::clone(stamp);
        }
        let mut stamps = self.stamps.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(stamps.entry(table.into()).or_default())
    }

    /// Says of the commits that the sentinel has seen whether they were ours. The caller holds the writing connection.
    fn tell_apart(&self, writer: &Link) {
        if self.file.is_none() || self.state.load(SeqCst) != READY {
            return;
        }
        let mut sentinel = lock(&self.sentinel);
        // In this order: a commit that the writer has not heard of when it is asked was not there when the sentinel was.
        let seen = self.look(&mut sentinel);
        let told = data_version(writer.raw()).map(|version| (writer.serial(), version));
        if told.is_none() || told != sentinel.writer {
            self.epoch.fetch_add(1, SeqCst);
            sentinel.writer = told;
        }
        sentinel.known = seen.filter(|_| told.is_some());
    }

    /// What the sentinel sees.
    fn look(&self, sentinel: &mut Sentinel) -> Option<i64> {
        if sentinel.connection.is_none() {
            let (path, flags) = self.file.as_ref()?;
            let connection = rusqlite::Connection::open_with_flags(path, *flags).ok()?;
            connection.busy_timeout(Duration::from_millis(50)).ok()?;
            connection.pragma_update(None, "query_only", true).ok()?;
            // Its versions are its own: what was known was of another connection.
            sentinel.known = None;
            sentinel.connection = Some(connection);
        }
        let version = sentinel.connection.as_ref().and_then(data_version);
        if version.is_none() {
            sentinel.connection = None;
        }
        version
    }

    /// How often somebody else has written; `None` where that cannot be told at this time.
    pub(super) fn epoch(&self, db: &Database) -> Option<u64> {
        // A file that is not there any more is answered for by nobody.
        if db.inner.file.as_ref().is_some_and(|file| file.glance().is_err()) {
            return None;
        }
        if self.file.is_none() {
            return Some(0);
        }
        for _ in 0..3 {
            {
                let mut sentinel = lock(&self.sentinel);
                let seen = self.look(&mut sentinel)?;
                if sentinel.known == Some(seen) {
                    return Some(self.epoch.load(SeqCst));
                }
            }
            // Somebody has written: the writing connection says whether it was somebody else. Where another thread has it,
            // that one may be about to tell them apart.
            match db.idle_writer() {
                Some(writer) => self.tell_apart(&writer),
                None => std::thread::yield_now(),
            }
        }
        None
    }

    pub(super) fn moment(&self, db: &Database) -> Option<Moment> {
        if !self.start(db) {
            return None;
        }
        let clock = self.clock.load(SeqCst);
        if self.all.load(SeqCst) > clock {
            return None;
        }
        // Nobody is asked whether somebody else has written meanwhile. If somebody has, the answer is of an epoch that is over
        // when it is asked, which costs a query and no truth.
        Some(Moment { epoch: self.epoch.load(SeqCst), clock })
    }

    /// Begins to note writes. A write that began before is through once the writing connection was to be had.
    fn start(&self, db: &Database) -> bool {
        if self.state.load(SeqCst) == READY {
            return true;
        }
        let _ = self.state.compare_exchange(OFF, STARTING, SeqCst, SeqCst);
        let Some(writer) = db.idle_writer() else { return false };
        self.state.store(READY, SeqCst);
        self.tell_apart(&writer);
        true
    }

    /// Closes what it has open.
    pub(super) fn close(&self) {
        *lock(&self.sentinel) = Sentinel::default();
    }
}

fn data_version(connection: &rusqlite::Connection) -> Option<i64> {
    let mut statement = connection.prepare_cached("PRAGMA data_version").ok()?;
    statement.query_row([], |row| row.get(0)).ok()
}

impl Database {
    /// Whether this thread is in a transaction that has written something.
    pub(crate) fn writes_here(&self) -> bool {
        self.is_writing() && self.has_written()
    }

    /// Whether `db` reads by a connection that has temporary tables or views of its own: they stand before the file's.
    #[track_caller]
    pub(crate) fn sees_temporary(db: &dyn Executor) -> bool {
        let is_shared = db.standing() == Standing::Now && !db.database().inner.exclusive;
        let mut found = true;
        // Readers make nothing temporary.
        !is_shared
            && (db
                .run(Need::Read, Location::caller(), &mut |connection| {
                    found = any_temporary(connection.raw());
                    Ok(())
                })
                .is_err()
                || found)
    }

    /// Whether the transaction of the writing connection has written something.
    pub(crate) fn has_written(&self) -> bool {
        let writing = lock(&self.inner.fresh.writing);
        self.inner.fresh.is_on() && (!writing.is_noted || !writing.touches.is_empty())
    }
}
