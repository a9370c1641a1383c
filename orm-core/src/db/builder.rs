//! Opening a database: settings, the first connection, the pools.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;
use scheduled_thread_pool::ScheduledThreadPool;

use super::pool::Opener;
use super::{Database, FetchMode, Inner, Pool, Pools, functions};
use crate::error::{Error, Result};

/// Settings of a database before it is opened. Made by [`Database::builder`].
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
/// use std::time::Duration;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("library.db");
/// let db = Database::builder(path)
///     .readers(8)
///     .statement_cache(512)
///     .busy_timeout(Duration::from_secs(10))
///     .pool_timeout(Duration::from_secs(10))
///     .fetch_mode(FetchMode::Warn)
///     .peer_cap(10_000)
///     .open()?;
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is opened until `.open()`"]
pub struct DatabaseBuilder {
    place: Place,
    readers: u32,
    statement_cache: usize,
    page_cache: u32,
    busy_timeout: Duration,
    pool_timeout: Duration,
    fetch_mode: FetchMode,
    peer_cap: usize,
}

#[derive(Clone, Debug)]
enum Place {
    File(PathBuf),
    Memory,
}

impl DatabaseBuilder {
    pub(super) fn file(path: &Path) -> Self {
        // What rusqlite and Django call a database in memory; as a file, each connection would have its own.
        Self::at(if path == Path::new(":memory:") { Place::Memory } else { Place::File(path.to_owned()) })
    }

    /// Settings of a database in memory.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// let db = eager_orm::DatabaseBuilder::in_memory().fetch_mode(FetchMode::Raise).open()?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn in_memory() -> Self {
        Self::at(Place::Memory)
    }

    fn at(place: Place) -> Self {
        let readers = std::thread::available_parallelism().map_or(4, |cores| cores.get().clamp(4, 16));
        DatabaseBuilder {
            place,
            readers: u32::try_from(readers).unwrap_or(4),
            statement_cache: 256,
            page_cache: 64,
            busy_timeout: Duration::from_secs(5),
            pool_timeout: Duration::from_secs(30),
            fetch_mode: FetchMode::default(),
            peer_cap: 100_000,
        }
    }

    /// How many connections read, at most; at least one. They are opened when they are needed.
    ///
    /// A thread that holds a `read` and asks through the handle besides takes two. Default: the number of cores, at
    /// least 4 and at most 16.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::DatabaseBuilder;
    /// let db = DatabaseBuilder::in_memory().readers(2).open()?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn readers(mut self, readers: u32) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// How many prepared statements each connection keeps. Default: 256.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::DatabaseBuilder;
    /// let db = DatabaseBuilder::in_memory().statement_cache(1_000).open()?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn statement_cache(mut self, statements: usize) -> Self {
        self.statement_cache = statements;
        self
    }

    /// How many MiB of a file's pages each connection keeps at most, once it has read them. Default: 64. SQLite's own 2 make
    /// a batch over a hundred thousand rows read the same pages again and again.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::Database;
    /// # let folder = tempfile::tempdir().unwrap();
    /// let db = Database::builder(folder.path().join("library.db")).page_cache(128).open()?; // PRAGMA cache_size = -131072
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn page_cache(mut self, mebibytes: u32) -> Self {
        self.page_cache = mebibytes;
        self
    }

    /// How long a statement waits for a lock that another process holds. Default: 5 s.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{Error, prelude::*};
    /// # use std::time::Duration;
    /// # #[derive(Model, Debug)]
    /// # pub struct Tag { pub id: i64 }
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("library.db");
    /// let (one, two) = (Database::open(&path)?, Database::builder(&path).busy_timeout(Duration::ZERO).open()?);
    /// one.create_tables(models![Tag])?;
    /// one.transaction(|_| {
    ///     assert!(matches!(Tag::create().save(&two), Err(Error::Busy)));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How long a caller waits for a connection that other threads hold. Default: 30 s.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{DatabaseBuilder, Error, prelude::*};
    /// # use std::time::Duration;
    /// # #[derive(Model, Debug)]
    /// # pub struct Tag { pub id: i64 }
    /// let db = DatabaseBuilder::in_memory().pool_timeout(Duration::from_millis(20)).open()?;
    /// db.create_tables(models![Tag])?;
    /// db.transaction(|_| {
    ///     let other = std::thread::scope(|scope| scope.spawn(|| Tag::create().save(&db)).join().unwrap());
    ///     assert!(matches!(other, Err(Error::PoolTimeout { .. })));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn pool_timeout(mut self, timeout: Duration) -> Self {
        self.pool_timeout = timeout;
        self
    }

    /// What happens when a relation is read that was not loaded. Default: [`FetchMode::Peers`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{DatabaseBuilder, Error, prelude::*};
    /// # #[derive(Model, Debug)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model, Debug)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// let db = DatabaseBuilder::in_memory().fetch_mode(FetchMode::Raise).open()?;
    /// db.create_tables(models![Author, Book])?;
    /// let author = Author::create().save(&db)?;
    /// assert!(matches!(author.books.all(&db), Err(Error::FetchBlocked { .. })));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn fetch_mode(mut self, mode: FetchMode) -> Self {
        self.fetch_mode = mode;
        self
    }

    /// For how many rows of a result [`FetchMode::Peers`] loads at once, at most; at least one. A larger result is
    /// loaded in parts of this size, each when one of its rows is asked. Default: 100,000.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{DatabaseBuilder, prelude::*};
    /// # #[derive(Model, Debug)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model, Debug)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// let db = DatabaseBuilder::in_memory().peer_cap(2).open()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # (0..4).try_for_each(|_| Author::create().save(&db).map(drop))?;
    /// let authors = Author::objects().all(&db)?; // four of them
    /// assert_num_queries!(db, 2, {
    ///     for author in &authors {
    ///         author.books.all(&db)?;
    ///     }
    /// });
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn peer_cap(mut self, rows: usize) -> Self {
        self.peer_cap = rows.max(1);
        self
    }

    /// Opens the database.
    ///
    /// # Errors
    ///
    /// [`Error::Open`] where there can be no file, [`Error::NotADatabase`] where the file is something else.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{Error, prelude::*};
    /// # let folder = tempfile::tempdir().unwrap();
    /// let db = Database::builder(folder.path().join("library.db")).open()?;
    /// assert!(matches!(Database::builder(folder.path()).open(), Err(Error::Open { .. }))); // a folder
    /// # Ok::<(), Error>(())
    /// ```
    pub fn open(self) -> Result<Database> {
        let id = Database::new_id();
        if matches!(&self.place, Place::File(path) if path.as_os_str().is_empty()) {
            return Err(Error::Open { path: "\"\"".to_owned(), reason: "the path is empty".to_owned() });
        }
        // The memdb VFS shares one database among the connections that name it, and the name is this process's own.
        let (path, shown) = match &self.place {
            Place::File(path) => (path.clone(), path.display().to_string()),
            Place::Memory => {
                let name = format!("file:/eager-orm-{}-{id}?vfs=memdb", std::process::id());
                (PathBuf::from(name), ":memory:".to_owned())
            }
        };
        let memory = matches!(self.place, Place::Memory);
        // The pools try again and again where a connection cannot be opened; this first one says why, at once.
        let mut first = rusqlite::Connection::open_with_flags(&path, flags(memory))
            .map_err(|error| open_error(error, &path, &shown))?;
        let init = self.init();
        init(&mut first).map_err(|error| open_error(error, &path, &shown))?;
        if !memory {
            first
                .query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0))
                .map_err(|error| open_error(error, &path, &shown))?;
        }
        let failure: Arc<Mutex<Option<String>>> = Arc::default();
        let pool = |connections| {
            Pool::builder()
                .max_size(connections)
                .min_idle(Some(0))
                .idle_timeout(None)
                .max_lifetime(None)
                .test_on_check_out(false)
                .connection_timeout(self.pool_timeout)
                .error_handler(Box::new(Failures(Arc::clone(&failure))))
                .thread_pool(opener())
                .build_unchecked(Opener::new(path.clone(), flags(memory), self.statement_cache, Box::new(self.init())))
        };
        let pools = Pools { writer: pool(1), readers: pool(self.readers) };
        Ok(Database {
            inner: Arc::new(Inner {
                id,
                path: shown,
                memory,
                pools: RwLock::new(Some(pools)),
                captures: AtomicUsize::new(0),
                fetch_mode: self.fetch_mode,
                peer_cap: self.peer_cap,
                failure,
                pool_timeout: self.pool_timeout,
                _keeper: Mutex::new(memory.then_some(first)),
            }),
            sink: None,
        })
    }

    /// What every connection is told when it is opened.
    fn init(&self) -> impl Fn(&mut rusqlite::Connection) -> rusqlite::Result<()> + Send + Sync + 'static {
        let busy = self.busy_timeout;
        // In KiB where it is negative.
        let pages = -i64::from(self.page_cache) * 1024;
        move |connection| {
            connection.busy_timeout(busy)?;
            connection.pragma_update(None, "cache_size", pages)?;
            // A mis-spelt column is an error, and not a text of that name.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
            connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;")?;
            functions::register(connection)
        }
    }
}

/// Keeps why a connection could not be opened, for whoever waits for it.
#[derive(Debug)]
struct Failures(Arc<Mutex<Option<String>>>);

impl r2d2::HandleError<rusqlite::Error> for Failures {
    fn handle_error(&self, error: rusqlite::Error) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
    }
}

/// Connections are never shared between threads at once, so SQLite's own locks on them are not needed.
fn flags(memory: bool) -> OpenFlags {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // Only our own name is a URI: a file of the user's may be called `file:x?y`.
    if memory { flags | OpenFlags::SQLITE_OPEN_URI } else { flags }
}

/// One thread for the whole process opens connections; the pool's default is three for each pool.
fn opener() -> Arc<ScheduledThreadPool> {
    static OPENER: OnceLock<Arc<ScheduledThreadPool>> = OnceLock::new();
    Arc::clone(OPENER.get_or_init(|| {
        Arc::new(ScheduledThreadPool::builder().num_threads(1).thread_name_pattern("eager-orm-open-{}").build())
    }))
}

fn open_error(error: rusqlite::Error, path: &Path, shown: &str) -> Error {
    let path_text = shown.to_owned();
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) {
        return Error::NotADatabase { path: path_text };
    }
    let folder_missing = path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.is_dir());
    let reason = if path.is_dir() {
        "it is a directory".to_owned()
    } else if folder_missing {
        "its directory does not exist".to_owned()
    } else {
        error.to_string()
    };
    Error::Open { path: path_text, reason }
}
