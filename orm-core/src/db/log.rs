//! The log: every statement that ran inside a `capture`, with its binds, time, rows and the caller's line.

use std::cell::RefCell;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use super::seen::Seen;
use super::{Counters, Database, EagerLoad, Finding, LazyLoad, Report};
use crate::meta::ModelMeta;
use crate::value::Bind;

/// One statement that ran.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64 }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// let (_, log) = db.capture(|db| Tag::objects().all(db));
/// let statement = log.statements().next().unwrap();
/// assert_eq!((&*statement.sql, statement.rows), (r#"SELECT "tag"."id" FROM "tag""#, 0));
/// println!("{statement}"); // the text, the binds, the rows, the time and the line
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Statement {
    /// Its text.
    pub sql: String,
    /// Its binds; of a statement that ran several times, those of the first.
    pub binds: Vec<Bind<'static>>,
    /// How often it ran: more than once in a bulk write.
    pub times: u64,
    /// How long it took, the reading of its rows included.
    pub time: Duration,
    /// How many rows it returned, or changed.
    pub rows: u64,
    /// Whether it only begins, ends or marks a transaction.
    pub is_transaction: bool,
    /// What SQLite counted meanwhile.
    pub counters: Counters,
    /// What SQLite refused it with; none where it ran to its end.
    pub error: Option<String>,
    /// The caller's line.
    pub location: &'static Location<'static>,
    pub(crate) does: Does,
    /// The model it is about; none for a mark of a transaction.
    pub(crate) meta: Option<&'static ModelMeta>,
    pub(crate) start: Instant,
    pub(crate) thread: ThreadId,
    /// Which connection read, and what that has seen of the commits of others.
    pub(crate) version: Option<(u64, u32)>,
}

/// What a statement does, as far as the report cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    Read,
    /// Loads a relation for several rows: it may well run again with the same keys, for other rows.
    Batch,
    Write,
    /// Asks why another statement was refused.
    Diagnose,
    /// Begins, ends or marks a transaction.
    Mark,
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.sql)?;
        for (i, bind) in self.binds.iter().enumerate() {
            write!(f, "{}{bind}", if i == 0 { "  -- " } else { ", " })?;
        }
        if self.times > 1 {
            write!(f, "  ({} times)", self.times)?;
        }
        let (rows, time) = (counted(self.rows, "row"), self.time.as_secs_f64() * 1e3);
        write!(f, "\n    {rows}, {time:.3} ms, {}", self.location)?;
        match &self.error {
            Some(error) => write!(f, "\n    failed: {error}"),
            None => Ok(()),
        }
    }
}

/// What ran inside a [`Database::capture`].
///
/// `len` counts statements that read or write data, as Django's `assertNumQueries` would without its transactions;
/// BEGIN, COMMIT and SAVEPOINT are counted by [`transactions`](Log::transactions).
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64 }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// let (tag, log) = db.capture(|db| db.transaction(|tx| Tag::create().save(tx)));
/// // BEGIN IMMEDIATE; INSERT INTO "tag" ..; COMMIT
/// assert_eq!((log.len(), log.transactions(), log.all().len()), (1, 2, 3));
/// # tag?;
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Log {
    all: Vec<Statement>,
    report: Report,
}

impl Log {
    /// How many statements read or wrote data.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let (_, log) = db.capture(|db| Tag::objects().count(db)); // SELECT count(*) FROM "tag"
    /// assert_eq!(log.len(), 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.statements().count()
    }

    /// Whether no statement read or wrote data.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let (_, log) = db.capture(|db| Tag::objects().none().all(db)); // no statement
    /// assert!(log.is_empty());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The statements that read or wrote data, in the order they ended. (What was asked to name the foreign key that
    /// refused a row is not among them; [`all`](Self::all) has it.)
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let (_, log) = db.capture(|db| db.transaction(|tx| Tag::create().save(tx)));
    /// let sql: Vec<_> = log.statements().map(|statement| &*statement.sql).collect();
    /// assert_eq!(sql, [r#"INSERT INTO "tag" ("id") VALUES (?1)"#]);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.all.iter().filter(|statement| !statement.is_transaction && statement.does != Does::Diagnose)
    }

    /// How many statements began, ended or marked a transaction.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let (_, log) = db.capture(|db| db.transaction(|tx| Tag::create().save(tx)));
    /// assert_eq!(log.transactions(), 2); // BEGIN IMMEDIATE; COMMIT
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn transactions(&self) -> usize {
        self.all.iter().filter(|statement| statement.is_transaction).count()
    }

    /// How long it took to begin, end and mark transactions: waiting for the turn to write, and for the disk.
    pub(crate) fn transaction_time(&self) -> Duration {
        self.all.iter().filter(|statement| statement.is_transaction).map(|statement| statement.time).sum()
    }

    /// What could have been loaded better: relations one by one, the same statement again, loads that nobody read. A
    /// batch for all rows of a result is not among them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # Author::create().save(&db)?;
    /// # Author::create().save(&db)?;
    /// let (authors, log) = db.capture(|db| {
    ///     for author in Author::objects().fetch_mode(FetchMode::One).all(db)? {
    ///         author.books.all(db)?;
    ///     }
    ///     Ok::<_, eager_orm::Error>(())
    /// });
    /// assert_eq!(log.findings()[0].what, "Author.books");
    /// assert_eq!(log.findings()[0].fix, "add `.prefetch_related(|a| a.books())` to the query");
    /// # authors?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn findings(&self) -> &[Finding] {
        self.report.findings()
    }

    /// The findings, and as text: `log.report().to_string()`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let (_, log) = db.capture(|db| (Tag::objects().all(db).is_ok(), Tag::objects().all(db).is_ok()));
    /// assert!(log.report().to_string().starts_with("1 finding\n1. the same statement ran 2 times: SELECT"));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Every statement, transactions included.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let (_, log) = db.capture(|db| db.transaction(|tx| Tag::create().save(tx)));
    /// assert_eq!(log.all()[0].sql, "BEGIN IMMEDIATE");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn all(&self) -> &[Statement] {
        &self.all
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", counted(self.len() as u64, "statement"))?;
        for (i, statement) in self.statements().enumerate() {
            writeln!(f, "{}. {statement}", i + 1)?;
        }
        Ok(())
    }
}

/// `1 row`, `2 rows`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Where statements are recorded.
#[derive(Default)]
pub(super) struct Sink {
    /// The statements; none where only a report is asked for.
    log: Option<Mutex<Vec<Statement>>>,
    seen: Mutex<Seen>,
    /// The capture this one was opened in, through the same handle.
    outer: Option<Arc<Sink>>,
}

impl Sink {
    /// Records a statement; says where it stands in the log.
    fn record(&self, statement: &Statement) -> Option<usize> {
        self.see(|seen| seen.statement(statement));
        let mut log = self.log.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(statement.clone());
        Some(log.len() - 1)
    }

    /// Puts a statement in the place of what was recorded when it began, if the log was not handed out meanwhile.
    fn amend(&self, place: usize, statement: &Statement) {
        if let Some(log) = &self.log
            && let Some(known) = log.lock().unwrap_or_else(PoisonError::into_inner).get_mut(place)
        {
            known.clone_from(statement);
        }
    }

    fn report(&self) -> Report {
        Report::new(self.seen.lock().unwrap_or_else(PoisonError::into_inner).findings())
    }

    fn see(&self, f: impl FnOnce(&mut Seen)) {
        f(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Where a statement was recorded when it began.
pub(super) struct Recorded(Arc<Sink>, usize);

impl Recorded {
    /// It has ended.
    pub(super) fn amend(&self, statement: &Statement) {
        self.0.amend(self.1, statement);
    }
}

thread_local! {
    /// The captures this thread is in, by database.
    static CAPTURES: RefCell<Vec<(usize, Arc<Sink>)>> = const { RefCell::new(Vec::new()) };
}

/// Asks for the captures this thread is in. One that is ending, in the destructor of a value of its own, is in none.
fn captures<T: Default>(ask: impl FnOnce(&mut Vec<(usize, Arc<Sink>)>) -> T) -> T {
    CAPTURES.try_with(|captures| ask(&mut captures.borrow_mut())).unwrap_or_default()
}

/// Ends a capture when it goes, by a panic too.
struct CaptureGuard<'a>(&'a Database);

impl Drop for CaptureGuard<'_> {
    fn drop(&mut self) {
        captures(|captures| {
            let at = captures.iter().rposition(|(id, _)| *id == self.0.inner.id);
            at.map(|at| captures.remove(at))
        });
        self.0.inner.captures.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Database {
    /// Records every statement that this thread runs on the database inside `f`, and every statement that any thread
    /// runs through the handle `f` is given.
    ///
    /// Outside of captures nothing is recorded, and a statement pays one relaxed load for that.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let (tags, log) = db.capture(|db| Tag::objects().all(db));
    /// assert_eq!(log.len(), 1);
    /// assert_eq!(log.statements().next().unwrap().sql, r#"SELECT "tag"."id", "tag"."name" FROM "tag""#);
    /// println!("{log}");
    /// # tags?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn capture<T>(&self, f: impl FnOnce(&Database) -> T) -> (T, Log) {
        let (value, sink) = self.listening(Some(Mutex::default()), f);
        let mut log = Log { report: sink.report(), ..Log::default() };
        if let Some(all) = &sink.log {
            log.all = std::mem::take(&mut *all.lock().unwrap_or_else(PoisonError::into_inner));
        }
        (value, log)
    }

    /// Runs `f` and says what could have been loaded better in it: the findings of a [`capture`](Self::capture) without its
    /// statements, of which it keeps no text. For a whole request, or a whole test.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # (0..2).try_for_each(|_| Author::create().save(&db).map(drop))?;
    /// let (books, report) = db.report(|db| {
    ///     let authors = Author::objects().fetch_mode(FetchMode::One).all(db)?;
    ///     authors.iter().map(|author| Ok(author.books.all(db)?.len())).sum::<eager_orm::Result<usize>>()
    /// });
    /// println!("{report}"); // 1. Author.books was loaded one by one, 2 times ..
    /// assert_eq!(report.findings()[0].fix, "add `.prefetch_related(|a| a.books())` to the query");
    /// # books?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn report<T>(&self, f: impl FnOnce(&Database) -> T) -> (T, Report) {
        let (value, sink) = self.listening(None, f);
        (value, sink.report())
    }

    fn listening<T>(&self, log: Option<Mutex<Vec<Statement>>>, f: impl FnOnce(&Database) -> T) -> (T, Arc<Sink>) {
        let sink = Arc::new(Sink { log, outer: self.sink.clone(), ..Sink::default() });
        let handle = Database { inner: Arc::clone(&self.inner), sink: Some(Arc::clone(&sink)) };
        captures(|captures| captures.push((self.inner.id, Arc::clone(&sink))));
        self.inner.captures.fetch_add(1, Ordering::Relaxed);
        let guard = CaptureGuard(self);
        let value = f(&handle);
        drop(guard);
        (value, sink)
    }

    /// Whether anybody captures: one relaxed load.
    pub(super) fn is_captured(&self) -> bool {
        self.inner.captures.load(Ordering::Relaxed) > 0
    }

    /// Records a statement in the captures it belongs to.
    pub(super) fn capture_statement(&self, statement: &Statement) {
        if self.is_captured() {
            self.each_sink(|sink| {
                sink.record(statement);
            });
        }
    }

    /// Records a statement that goes on; says where.
    pub(super) fn capture_begun(&self, statement: &Statement) -> Vec<Recorded> {
        let mut places = Vec::new();
        if self.is_captured() {
            self.each_sink(|sink| places.extend(sink.record(statement).map(|place| Recorded(Arc::clone(sink), place))));
        }
        places
    }

    /// Tells the report of something that was loaded because it was asked for.
    pub(crate) fn saw_eager(&self, load: &EagerLoad) {
        self.each_sink(|sink| sink.see(|seen| seen.eager(load.clone())));
    }

    /// Tells the report of something that was loaded for one row.
    pub(crate) fn saw_lazy(&self, load: &LazyLoad) {
        self.each_sink(|sink| sink.see(|seen| seen.lazy(load.clone())));
    }

    /// Tells the report that something may have been written which is no statement of ours.
    pub(super) fn saw_raw(&self) {
        if self.is_captured() {
            self.each_sink(|sink| sink.see(Seen::wrote));
        }
    }

    fn each_sink(&self, mut f: impl FnMut(&Arc<Sink>)) {
        let mut sinks: Vec<Arc<Sink>> = captures(|captures| {
            captures.iter().filter(|(id, _)| *id == self.inner.id).map(|(_, sink)| Arc::clone(sink)).collect()
        });
        let mut next = self.sink.clone();
        while let Some(sink) = next {
            next = sink.outer.clone();
            if !sinks.iter().any(|known| Arc::ptr_eq(known, &sink)) {
                sinks.push(sink);
            }
        }
        for sink in sinks {
            f(&sink);
        }
    }
}
