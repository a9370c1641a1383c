//! The database: opening it, its connections, and where a statement may run.
//!
//! Comes in: a compiled [`Sql`](crate::sql::Sql). Goes out: [`Row`]s. Only this room (and `error/sqlite.rs`) knows the
//! driver. One connection writes and N read; every read that needs more than one statement is one read transaction,
//! so that a query and its prefetches see one moment in time.

mod answer;
mod atomic;
mod builder;
mod busy;
mod connection;
mod counters;
mod executor;
mod failure;
#[cfg(feature = "decimal")]
mod decimal;
mod explain;
mod file;
mod foreign_keys;
mod fresh;
mod functions;
mod hold;
mod link;
mod key;
mod log;
mod math;
mod on_commit;
mod open;
mod pattern;
mod pool;
mod prepared;
mod raw;
mod report;
mod seen;
mod snapshot;
#[cfg(feature = "jiff")]
mod span;
mod spread;
mod storable;
mod told;
mod touch;
mod transaction;
mod watch;
mod written;

use std::any::Any;
use std::cell::RefCell;
use std::panic::Location;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::Duration;

pub(crate) use answer::{Answer, Computed, on_behalf};
pub use builder::{DatabaseBuilder, Synchronous};
pub(crate) use connection::{About, Connection};
pub use counters::Counters;
pub use executor::{Executor, Held};
pub(crate) use executor::{Need, Standing, write_whole};
pub(crate) use explain::{EXPLAIN, Steps, TableIndex};
pub(crate) use foreign_keys::{Declared, DeclaredKey, Native};
pub(crate) use link::Row;
pub(crate) use log::Does;
pub use log::{Log, Statement};
pub(crate) use prepared::Prepared;
pub use prepared::PreparedRow;
pub(crate) use raw::{RawReader, run_raw};
pub use report::{Finding, FindingKind, Gain, Report};
pub(crate) use seen::{EagerLoad, How, LazyLoad};
#[cfg(feature = "testing")]
pub(crate) use storable::storable_in;
pub(crate) use transaction::{HeldConnection, Streamed};
pub use transaction::{Snapshot, Transaction};
pub(crate) use watch::{By, InHand, Watch};
pub(crate) use written::written;

use crate::error::{Error, Result};
use crate::meta::ModelMeta;
use file::FileId;
use foreign_keys::Cascades;
use fresh::Fresh;
use hold::Turn;
use log::Sink;
use open::Place;
use pool::Pool;
use told::Slow;

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
    /// The number of the remembered answer they are part of, or 0.
    pub(crate) answer: u32,
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
    place: Place,
    memory: bool,
    /// One connection does everything, and has the file to itself.
    exclusive: bool,
    /// It was opened so, or the file cannot be written.
    read_only: bool,
    /// The file as it was when it was opened.
    file: Option<Arc<FileId>>,
    writer: Arc<Pool>,
    /// The same where there is one connection for all.
    readers: Arc<Pool>,
    /// How many captures are open on any thread: nothing is recorded while it is 0.
    captures: AtomicUsize,
    fetch_mode: FetchMode,
    peer_cap: usize,
    pool_timeout: Duration,
    busy_timeout: Duration,
    /// The models it was told of.
    models: RwLock<Vec<&'static ModelMeta>>,
    cascades: Mutex<Cascades>,
    /// Whose turn it is to write.
    turn: Turn,
    /// Who is told of slow statements.
    slow: Option<Slow>,
    /// Who has written what, for whoever remembers what was read.
    fresh: Fresh,
    /// What a higher room keeps with the database.
    kept: OnceLock<Box<dyn Any + Send + Sync>>,
    /// How many results are remembered, and of how many bytes, at most.
    cache_limits: (usize, usize),
    /// An in-memory database lives as long as one connection to it.
    _keeper: Mutex<Option<rusqlite::Connection>>,
}

// What a panic leaves behind in it is behind locks, and whole: a transaction is rolled back, an answer is not kept.
impl std::panic::UnwindSafe for Database {}
impl std::panic::RefUnwindSafe for Database {}

thread_local! {
    /// The fetch modes of the scopes a thread is in, by database.
    static MODES: RefCell<Vec<(usize, FetchMode)>> = const { RefCell::new(Vec::new()) };
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("path", &self.inner.place.shown()).finish_non_exhaustive()
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
        self.inner.writer.close();
        self.inner.readers.close();
        self.inner.fresh.close();
    }

    /// Runs statements of one's own on the writing connection, with the driver's own types. (On a reading one, where the
    /// database is [read-only](DatabaseBuilder::read_only).)
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
        if self.inner.read_only {
            let link = self.reader()?;
            return self.with_raw(link.raw(), f);
        }
        let link = self.writer()?;
        self.inner.fresh.unknown(&link, || self.with_raw(link.raw(), f))
    }

    fn with_raw<T>(
        &self,
        raw: &rusqlite::Connection,
        f: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        // A thread that reads already may read on with its own connection, in its own transaction.
        let had_none = raw.is_autocommit();
        let outcome = f(raw).map_err(failure::untold);
        self.saw_raw();
        if had_none && !raw.is_autocommit() {
            raw.execute_batch("ROLLBACK").map_err(failure::untold)?;
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
                let _ = MODES.try_with(|modes| modes.borrow_mut().pop());
            }
        }
        let _ = MODES.try_with(|modes| modes.borrow_mut().push((self.inner.id, mode)));
        let _scope = Scope;
        f(self)
    }

    /// The home of rows whose queryset names this mode, or none.
    pub(crate) fn home(&self, mode: Option<FetchMode>, at: &'static Location<'static>) -> Home {
        let named = mode.is_some();
        let mode = mode.or_else(|| self.scoped_fetch_mode()).unwrap_or(self.inner.fetch_mode);
        Home { database: self.inner.id, mode, named, at, answer: 0 }
    }

    /// What becomes of the relations of such rows here and now: what their queryset named, or else the scope, or else what
    /// they came with.
    pub(crate) fn mode_of(&self, home: Home) -> FetchMode {
        if home.named { home.mode } else { self.scoped_fetch_mode().unwrap_or(home.mode) }
    }

    /// What the one higher room that keeps something with the database keeps there.
    pub(crate) fn kept<T: Any + Send + Sync>(&self, new: impl FnOnce() -> T) -> Option<&T> {
        self.inner.kept.get_or_init(|| Box::new(new())).downcast_ref()
    }

    /// How many results are remembered, and of how many bytes, at most.
    pub(crate) fn cache_limits(&self) -> (usize, usize) {
        self.inner.cache_limits
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
        let find = |modes: &RefCell<Vec<(usize, FetchMode)>>| {
            modes.borrow().iter().rev().find(|(id, _)| *id == self.inner.id).map(|(_, mode)| *mode)
        };
        MODES.try_with(find).ok().flatten()
    }

    /// How many rows of a group are loaded at once, at most.
    pub(crate) fn peer_cap(&self) -> usize {
        self.inner.peer_cap
    }

    fn new_id() -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }
}
