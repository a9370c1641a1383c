//! The database: opening it, its connections, and where a statement may run.
//!
//! Comes in: a compiled [`Sql`](crate::sql::Sql). Goes out: [`Row`]s. Only this room (and `error/sqlite.rs`) knows the
//! driver. One connection writes and N read; every read that needs more than one statement is one read transaction,
//! so that a query and its prefetches see one moment in time.

mod builder;
mod connection;
mod executor;
#[cfg(feature = "decimal")]
mod decimal;
mod functions;
mod link;
mod key;
mod log;
mod math;
mod pattern;
mod pool;
mod raw;
mod report;
mod spread;
mod transaction;
mod watch;

use std::cell::RefCell;
use std::panic::Location;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

pub use builder::DatabaseBuilder;
pub(crate) use connection::{About, Connection, Prepared, refused};
pub(crate) use executor::Need;
pub use executor::{Executor, Held};
pub(crate) use link::Row;
pub use log::{Log, Statement};
pub(crate) use raw::{RawReader, run_raw};
pub use report::{Finding, FindingKind, Report};
pub(crate) use transaction::{HeldConnection, Streamed};
pub use transaction::{Snapshot, Transaction};
pub(crate) use watch::{By, EagerLoad, How, LazyLoad, Watch};

use crate::error::{Error, Result};
use log::Sink;

type Pooled = r2d2::PooledConnection<pool::Opener>;
type Pool = r2d2::Pool<pool::Opener>;

/// What happens when a relation (or a deferred column) is read that was not loaded.
///
/// For a database by [`DatabaseBuilder::fetch_mode`], for a scope by [`Database::with_fetch_mode`], which counts before
/// it, and for a queryset by `QuerySet::fetch_mode`, which counts before both. What is loaded inherits the mode of what it
/// was loaded for, be it by JOIN, in a batch or lazily.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)] pub struct Author { pub id: i64, pub books: HasMany<Book> }
/// # #[derive(Model)] pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
/// # let db = Database::in_memory()?; db.create_tables(models![Author, Book])?;
/// # (0..2).try_for_each(|_| Author::create().save(&db).map(drop))?;
/// for (mode, statements) in [(FetchMode::Peers, 2), (FetchMode::One, 3)] {
///     let authors = Author::objects().fetch_mode(mode); // two of them
///     assert_num_queries!(db, statements, { for author in &authors.all(&db)? { author.books.all(&db)?; } });
/// }
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchMode {
    /// It is loaded for every row of the result at once, in one statement: a loop over rows costs one statement more, and
    /// not one for each row.
    #[default]
    Peers,
    /// It is loaded for the one row that was asked: Django's classic.
    One,
    /// It is refused, with [`Error::FetchBlocked`].
    Raise,
    /// As [`Peers`](FetchMode::Peers), and a warning goes to the `log` crate.
    Warn,
}

/// Where rows come from, and what becomes of their relations: what every group of theirs inherits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    /// The database, by number.
    pub(crate) database: usize,
    pub(crate) mode: FetchMode,
    /// Whether the queryset named the mode: then no scope changes it.
    pub(crate) named: bool,
    /// The line that loaded them.
    pub(crate) at: &'static Location<'static>,
}

/// A handle of a database: cheap to clone, safe to share between threads.
///
/// One connection writes and several read (write-ahead logging), foreign keys are enforced, and a connection that is
/// locked out waits. A statement through `&Database` is a transaction of its own.
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
///
/// #[derive(Model)]
/// pub struct Tag {
///     pub id: i64,
///     pub name: String,
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![Tag])?; // CREATE TABLE IF NOT EXISTS "tag" (..) STRICT
/// Tag::create().name("sf").save(&db)?; // INSERT INTO "tag" ("id", "name") VALUES (NULL, 'sf')
/// assert_eq!(Tag::objects().count(&db)?, 1); // SELECT count(*) FROM "tag"
/// db.close(); // for every clone: a statement now is `Error::Closed`
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
    /// Where the statements of this handle are recorded, inside `capture`.
    sink: Option<Arc<Sink>>,
}

struct Inner {
    /// Tells databases apart in what a thread holds.
    id: usize,
    path: String,
    memory: bool,
    /// None once the database is closed.
    pools: RwLock<Option<Pools>>,
    /// How many captures are open on any thread: nothing is recorded while it is 0.
    captures: AtomicUsize,
    fetch_mode: FetchMode,
    peer_cap: usize,
    pool_timeout: Duration,
    /// Why the last connection could not be opened, if one could not.
    failure: Arc<Mutex<Option<String>>>,
    /// An in-memory database lives as long as one connection to it.
    _keeper: Mutex<Option<rusqlite::Connection>>,
}

#[derive(Clone)]
struct Pools {
    writer: Pool,
    readers: Pool,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Database {
    /// Opens a database file, and makes it if it is not there.
    ///
    /// # Errors
    ///
    /// [`Error::Open`] where there can be no file, [`Error::NotADatabase`] where the file is something else.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # let folder = tempfile::tempdir().unwrap();
    /// let db = Database::open(folder.path().join("library.db"))?;
    /// assert!(Database::open(folder.path()).is_err()); // a folder
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::builder(path).open()
    }

    /// A database in memory, shared by every connection of the handle and gone with its last clone.
    ///
    /// In memory SQLite has no write-ahead log: a writer and the readers wait for each other.
    ///
    /// # Errors
    ///
    /// SQLite could not make it.
    pub fn in_memory() -> Result<Self> {
        DatabaseBuilder::in_memory().open()
    }

    /// Opens a database file with settings of one's own.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("library.db");
    /// let db = Database::builder(path).readers(8).statement_cache(256).open()?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn builder(path: impl AsRef<Path>) -> DatabaseBuilder {
        DatabaseBuilder::file(path.as_ref())
    }

    /// Closes the database for every clone of the handle. Connections in use are closed when they are given back.
    ///
    /// Without it, the database is closed with the last clone.
    pub fn close(&self) {
        let mut pools = self.inner.pools.write().unwrap_or_else(PoisonError::into_inner);
        *pools = None;
    }

    /// Runs statements of one's own on the writing connection, with the driver's own types.
    ///
    /// Inside `f`, no transaction is open unless `f` opens one; one that is still open at the end is rolled back.
    ///
    /// # Errors
    ///
    /// What `f` returns, or no connection is to be had; [`Error::Misuse`] if `f` leaves a transaction open.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// let db = Database::in_memory()?;
    /// db.raw(|connection| connection.execute_batch("CREATE TABLE old (a); INSERT INTO old VALUES (1)"))?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn raw<T>(&self, f: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T>) -> Result<T> {
        let (_hold, pooled) = self.writer()?;
        let raw = pooled.raw();
        let outcome = f(raw).map_err(connection::untold);
        self.saw_raw();
        if !raw.is_autocommit() {
            raw.execute_batch("ROLLBACK").map_err(connection::untold)?;
            // The failure that left the transaction open says more than that it was left open.
            outcome?;
            return Err(Error::misuse("`raw` ended inside of a transaction, which was rolled back"));
        }
        outcome
    }

    /// Runs `f` with a fetch mode for everything this thread loads from the database meanwhile: for querysets that name
    /// none of their own, and for relations of rows that were loaded before by such a queryset.
    ///
    /// The queryset counts before the scope, the innermost scope before the others, a scope before the database. Rows that
    /// were loaded in a scope keep its mode when it ends; another thread is not in it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{Error, prelude::*};
    /// # #[derive(Model, Debug)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model, Debug)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # let author = Author::create().save(&db)?;
    /// let blocked = db.with_fetch_mode(FetchMode::Raise, |db| author.books.all(db).map(|books| books.len()));
    /// assert!(matches!(blocked, Err(Error::FetchBlocked { .. })));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_fetch_mode<T>(&self, mode: FetchMode, f: impl FnOnce(&Database) -> T) -> T {
        struct Scope;
        impl Drop for Scope {
            fn drop(&mut self) {
                MODES.with_borrow_mut(Vec::pop);
            }
        }
        MODES.with_borrow_mut(|modes| modes.push((self.inner.id, mode)));
        let _scope = Scope;
        f(self)
    }

    /// The home of rows whose queryset names this mode, or none.
    pub(crate) fn home(&self, mode: Option<FetchMode>, at: &'static Location<'static>) -> Home {
        let named = mode.is_some();
        let mode = mode.or_else(|| self.scoped_fetch_mode()).unwrap_or(self.inner.fetch_mode);
        Home { database: self.inner.id, mode, named, at }
    }

    /// What becomes of the relations of such rows here and now: what their queryset named, or else the scope, or else what
    /// they came with.
    pub(crate) fn mode_of(&self, home: Home) -> FetchMode {
        if home.named { home.mode } else { self.scoped_fetch_mode().unwrap_or(home.mode) }
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        self.inner.memory
    }

    /// Whether rows come from this database.
    pub(crate) fn is_home(&self, home: Home) -> bool {
        self.inner.id == home.database
    }

    /// The mode of the scope this thread is in, if it is in one.
    fn scoped_fetch_mode(&self) -> Option<FetchMode> {
        MODES.with_borrow(|modes| modes.iter().rev().find(|(id, _)| *id == self.inner.id).map(|(_, mode)| *mode))
    }

    /// How many rows of a group are loaded at once, at most.
    pub(crate) fn peer_cap(&self) -> usize {
        self.inner.peer_cap
    }

    /// Takes the writing connection; the guard remembers that this thread has it.
    fn writer(&self) -> Result<(HoldGuard, Pooled)> {
        if held(self.inner.id, Hold::Write) {
            return Err(Error::Nested { holds: "already holds a transaction, `tx`" });
        }
        if self.inner.memory && held(self.inner.id, Hold::Read) {
            return Err(Error::Nested {
                holds: "reads from this in-memory database, and in memory a writer waits for readers",
            });
        }
        let pool = self.pools()?.writer;
        let pooled = self.connect(&pool)?;
        Ok((HoldGuard::writer(self.inner.id), pooled))
    }

    /// Takes a reading connection.
    fn reader(&self) -> Result<(HoldGuard, Rc<Pooled>)> {
        if self.inner.memory && held(self.inner.id, Hold::Write) {
            return Err(Error::Nested {
                holds: "already holds a transaction, `tx`, and in memory readers wait for a writer",
            });
        }
        let pool = self.pools()?.readers;
        if let Some(held) = held_reader(self.inner.id) {
            // A thread that reads while it reads. If every connection is held, each thread may be waiting for the others
            // to give one back: then it reads on with its own, and sees the moment that one sees.
            let state = pool.state();
            if state.connections == pool.max_size() && state.idle_connections == 0 {
                return Ok((HoldGuard::reader(self.inner.id, &held), held));
            }
        }
        let pooled = Rc::new(self.connect(&pool)?);
        Ok((HoldGuard::reader(self.inner.id, &pooled), pooled))
    }

    fn pools(&self) -> Result<Pools> {
        let pools = self.inner.pools.read().unwrap_or_else(PoisonError::into_inner);
        pools.clone().ok_or(Error::Closed)
    }

    fn connect(&self, pool: &Pool) -> Result<Pooled> {
        let timeout = self.inner.pool_timeout;
        let end = Instant::now() + timeout;
        loop {
            // The pool tries for the whole time to open a connection that cannot be opened; the reason is known sooner.
            let slice = end.saturating_duration_since(Instant::now()).min(Duration::from_millis(250));
            match pool.get_timeout(slice) {
                Ok(pooled) => return Ok(pooled),
                Err(_) => {
                    let failure = self.inner.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
                    if let Some(reason) = failure {
                        return Err(Error::Open { path: self.inner.path.clone(), reason });
                    }
                    if Instant::now() >= end {
                        return Err(Error::PoolTimeout { seconds: timeout.as_secs() });
                    }
                }
            }
        }
    }

    fn new_id() -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }
}

/// What a thread holds of a database while it runs a closure of the user's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    Read,
    Write,
}

thread_local! {
    static HOLDS: RefCell<Vec<(usize, Hold, Option<Rc<Pooled>>)>> = const { RefCell::new(Vec::new()) };
    /// The fetch modes of the scopes a thread is in, by database.
    static MODES: RefCell<Vec<(usize, FetchMode)>> = const { RefCell::new(Vec::new()) };
}

fn held(id: usize, hold: Hold) -> bool {
    HOLDS.with_borrow(|holds| holds.iter().any(|(of, held, _)| (*of, *held) == (id, hold)))
}

/// The connection this thread reads with already.
fn held_reader(id: usize) -> Option<Rc<Pooled>> {
    HOLDS.with_borrow(|holds| {
        holds.iter().rev().find_map(|(of, _, reader)| (*of == id).then(|| reader.clone()).flatten())
    })
}

/// Remembers a hold for as long as it lives. It never leaves its thread: it lives beside a connection on the stack.
struct HoldGuard {
    entry: (usize, Hold),
    /// Not `Send`: dropped on the thread that made it.
    _here: std::marker::PhantomData<*const ()>,
}

impl HoldGuard {
    fn reader(id: usize, pooled: &Rc<Pooled>) -> Self {
        Self::new(id, Hold::Read, Some(Rc::clone(pooled)))
    }

    fn writer(id: usize) -> Self {
        Self::new(id, Hold::Write, None)
    }

    fn new(id: usize, hold: Hold, reader: Option<Rc<Pooled>>) -> Self {
        HOLDS.with_borrow_mut(|holds| holds.push((id, hold, reader)));
        HoldGuard { entry: (id, hold), _here: std::marker::PhantomData }
    }
}

impl Drop for HoldGuard {
    fn drop(&mut self) {
        // The connection goes back to its pool outside of the borrow.
        let _gone = HOLDS.with_borrow_mut(|holds| {
            let at = holds.iter().rposition(|(id, hold, _)| (*id, *hold) == self.entry);
            at.map(|at| holds.remove(at))
        });
    }
}
