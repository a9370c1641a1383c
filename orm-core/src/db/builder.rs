//! The settings of a database before it is opened.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::open::{Access, Place};
use super::told::Slow;
use super::{Database, FetchMode, Statement};
use crate::error::Result;

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
    pub(super) place: Place,
    pub(super) readers: u32,
    pub(super) statement_cache: usize,
    pub(super) page_cache: u32,
    pub(super) busy_timeout: Duration,
    pub(super) pool_timeout: Duration,
    pub(super) synchronous: Synchronous,
    pub(super) access: Access,
    pub(super) exclusive: bool,
    pub(super) fetch_mode: FetchMode,
    pub(super) peer_cap: usize,
    pub(super) cache_limits: (usize, usize),
    pub(super) slow: Option<Slow>,
}

/// When a commit waits for the disk. Whatever the level, what is committed survives the end of the program, by a crash or
/// a kill too; the levels differ in what survives the end of the machine.
///
/// # Examples
///
/// ```
/// # use eager_orm::{Database, Synchronous};
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("library.db");
/// let db = Database::builder(path).synchronous(Synchronous::Full).open()?; // PRAGMA synchronous = FULL
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Synchronous {
    /// Never: a power cut may damage the file. For what can be made again.
    Off,
    /// When the log is moved into the file, and not at each commit: after a power cut the file is sound, and the last
    /// commits may be gone.
    #[default]
    Normal,
    /// At each commit: what `transaction` has acknowledged is there after a power cut.
    Full,
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
            synchronous: Synchronous::default(),
            access: Access::Write,
            exclusive: false,
            fetch_mode: FetchMode::default(),
            peer_cap: 1_000_000,
            cache_limits: (10_000, 64 << 20),
            slow: None,
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

    /// One connection for everything, which keeps the file to itself as long as the database is open: for a program
    /// that nobody shares the file with, and that reads much and little at a time.
    ///
    /// A statement outside of a transaction takes no lock any more, which is most of what a look-up by key costs. Other
    /// processes (and other handles in this one) are refused with [`Error::Busy`](crate::Error::Busy); threads wait for each other, readers
    /// too; and a thread that reads cannot write meanwhile, as in memory.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{Error, prelude::*};
    /// # #[derive(Model, Debug)]
    /// # pub struct Tag { pub id: i64 }
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("library.db");
    /// let db = Database::builder(&path).exclusive().open()?; // PRAGMA locking_mode = EXCLUSIVE
    /// db.create_tables(models![Tag])?;
    /// Tag::create().save(&db)?;
    /// assert_eq!(Tag::objects().count(&db)?, 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn exclusive(mut self) -> Self {
        self.exclusive = true;
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

    /// How long a statement waits for a lock that another process holds, before it is
    /// [`Error::Busy`](crate::Error::Busy). Default: 5 s.
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

    /// When a commit waits for the disk. Default: [`Synchronous::Normal`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{Database, Synchronous};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("library.db");
    /// let db = Database::builder(path).synchronous(Synchronous::Off).open()?; // PRAGMA synchronous = OFF
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn synchronous(mut self, level: Synchronous) -> Self {
        self.synchronous = level;
        self
    }

    /// Opens a file that is there to read it only: a write is [`Error::ReadOnly`](crate::Error::ReadOnly). Others may write
    /// to it.
    ///
    /// Where others write, SQLite keeps files beside it that readers share, and makes them if nobody has. So a file in a
    /// folder that cannot be written opens while a writer has it open; otherwise there is [`immutable`](Self::immutable).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{Error, prelude::*};
    /// # #[derive(Model, Debug)]
    /// # pub struct Tag { pub id: i64 }
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("library.db");
    /// # Database::open(&path)?.create_tables(models![Tag])?;
    /// let db = Database::builder(path).read_only().open()?;
    /// assert_eq!(Tag::objects().count(&db)?, 0);
    /// assert!(matches!(Tag::create().save(&db), Err(Error::ReadOnly { .. })));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn read_only(mut self) -> Self {
        self.access = Access::Read;
        self
    }

    /// Opens a file that nobody writes to, as one on a read-only medium: [`read_only`](Self::read_only), without locks and
    /// without a file beside it.
    ///
    /// It is a promise: if somebody writes after all, what is read may be wrong. A log beside the file is not read.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("library.db");
    /// # Database::open(&path)?.create_tables(models![Tag])?;
    /// let db = Database::builder(path).immutable().open()?;
    /// assert_eq!(Tag::objects().count(&db)?, 0);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn immutable(mut self) -> Self {
        self.access = Access::Immutable;
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
    /// loaded in parts of this size, each when one of its rows is asked. Default: 1,000,000.
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

    /// How many results the cache keeps, and of how many MiB, at most: those that were not asked for longest go first.
    /// Default: 10,000, and 64 MiB.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::DatabaseBuilder;
    /// let db = DatabaseBuilder::in_memory().cache_limits(1_000, 16).open()?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn cache_limits(mut self, results: usize, mebibytes: usize) -> Self {
        self.cache_limits = (results, mebibytes.saturating_mul(1 << 20));
        self
    }

    /// Tells `tell` of every statement that takes at least so long, the reading of its rows included, in the thread that ran
    /// it; of one that is refused, too. Each statement is timed then, which costs some 50 ns.
    ///
    /// `tell` is called while the connection is in hand: what it writes may have to wait for that. Of what it runs itself it
    /// is told nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::DatabaseBuilder;
    /// # use std::time::Duration;
    /// let db = DatabaseBuilder::in_memory()
    ///     .slow_query(Duration::from_millis(100), |statement| eprintln!("slow: {statement}"))
    ///     .open()?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn slow_query(mut self, limit: Duration, tell: impl Fn(&Statement) + Send + Sync + 'static) -> Self {
        self.slow = Some(Slow { limit, tell: Arc::new(tell) });
        self
    }

    /// Opens the database.
    ///
    /// # Errors
    ///
    /// [`Error::Open`](crate::Error::Open) where there can be no file,
    /// [`Error::NotADatabase`](crate::Error::NotADatabase) where the file is something else.
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
        self.open_now()
    }
}
