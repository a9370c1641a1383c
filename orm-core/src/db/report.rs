//! The report: what there is to say about loading that could have been done better. What is seen for it is in `watch.rs` and `seen.rs`.

use std::fmt;
use std::panic::Location;

use super::log::counted;

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// A relation or a deferred column was loaded for one row after the other.
    OneByOne,
    /// The same statement ran with the same binds, and nothing was written between.
    SameAgain,
    /// A relation was loaded by `select_related` or `prefetch_related`, and nobody read it.
    UnreadRelation,
    /// A deferred column was loaded, and nobody read it.
    UnreadColumn,
    /// The same query ran for one value after the other, from the same line. Only a
    /// [`profile`](crate::Database::profile) finds it, and the next ones.
    InLoop,
    /// A table was read from end to end for a few of its rows.
    FullScan,
    /// SQLite made an index for the one statement, each time it ran.
    AutomaticIndex,
    /// Rows were sorted that an index would have had in order.
    Sort,
}

/// One thing that could have been done better, and what to write instead.
///
/// # Examples
///
/// ```
/// # use eager_orm::{FindingKind, prelude::*};
/// # #[derive(Model)]
/// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Author, Book])?;
/// # Author::create().save(&db)?;
/// let (_, log) = db.capture(|db| Author::objects().prefetch_related(|a| a.books()).all(db));
/// let finding = &log.findings()[0]; // nobody read the books
/// assert_eq!((finding.kind, &*finding.what), (FindingKind::UnreadRelation, "Author.books"));
/// assert_eq!(finding.fix, "remove `.prefetch_related(|a| a.books())`");
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// What it is about.
    pub kind: FindingKind,
    /// The relation or column, as `Book.author`; the statement's text for [`FindingKind::SameAgain`].
    pub what: String,
    /// How often.
    pub times: usize,
    /// The line of the query, or of the `prefetch_related_objects` that loaded it.
    pub query: &'static Location<'static>,
    /// The line that read the relation, where one did.
    pub touch: Option<&'static Location<'static>>,
    /// How SQLite ran it, where that is what the finding is about.
    pub plan: Option<String>,
    /// What the index that is missing gains, where it was [measured](crate::Profile::measured) on a copy.
    pub gain: Option<Gain>,
    /// What to write.
    pub fix: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            FindingKind::OneByOne => write!(f, "{} was loaded one by one, {} times", self.what, self.times)?,
            FindingKind::SameAgain => write!(f, "the same statement ran {} times: {}", self.times, self.what)?,
            FindingKind::UnreadRelation => write!(f, "{} was loaded, and nobody read it", self.what)?,
            FindingKind::UnreadColumn => write!(f, "the column {} was loaded, and nobody read it", self.what)?,
            FindingKind::InLoop => {
                write!(f, "a query ran for one value after the other, {} times: {}", self.times, self.what)?
            }
            FindingKind::FullScan => write!(f, "{} was read from end to end for a few of its rows", self.what)?,
            FindingKind::AutomaticIndex => write!(f, "SQLite made an index of {} for one statement", self.what)?,
            FindingKind::Sort => write!(f, "the rows of {} were sorted", self.what)?,
        }
        write!(f, "\n    the query: {}", self.query)?;
        if let Some(touch) = self.touch {
            write!(f, "\n    read at: {touch}")?;
        }
        write!(f, "\n    {}", self.fix)?;
        match self.gain {
            Some(gain) => write!(f, "\n    measured on a copy: {gain}"),
            None => Ok(()),
        }
    }
}

/// What an index gains for a statement.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub pages: i32 }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Book])?;
/// # Book::objects().bulk_create((0..5_000).map(|n| Book::create().pages(n))).run(&db)?;
/// let (_, profile) = db.profile("search", |db| Book::objects().filter(|b| b.pages().eq(300)).count(db));
/// let gain = profile.measured(&db).findings()[0].gain.unwrap();
/// assert!(gain.steps > 100.0); // whenever it is measured
/// println!("{gain}"); // 1001.1 times fewer steps, 167.3 times as fast
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Gain {
    /// How many times fewer instructions of SQLite's machine it takes: the same each time it is measured.
    pub steps: f64,
    /// How many times faster it was, as far as that could be told just then.
    pub time: f64,
}

impl fmt::Display for Gain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} times fewer steps, {:.1} times as fast", self.steps, self.time)
    }
}

/// What could have been loaded better: the findings of a [`capture`](crate::Database::capture) or a
/// [`report`](crate::Database::report).
///
/// As text it is the list of them.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64 }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// let (_, report) = db.report(|db| (Tag::objects().all(db).is_ok(), Tag::objects().all(db).is_ok()));
/// assert!(!report.is_empty());
/// assert!(report.to_string().starts_with("1 finding\n1. the same statement ran 2 times: SELECT"));
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        Report { findings }
    }

    /// The findings, the most expensive kind first.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let (_, report) = db.report(|db| Tag::objects().all(db));
    /// assert_eq!(report.findings().len(), 0);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether there is nothing to say.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let (_, report) = db.report(|db| Tag::objects().all(db));
    /// assert!(report.is_empty(), "{report}");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&counted(self.findings.len() as u64, "finding"))?;
        self.findings.iter().enumerate().try_for_each(|(i, finding)| write!(f, "\n{}. {finding}", i + 1))
    }
}

/// Fails if the block loads anything in a way that the report knows a better one for; the message is the report.
///
/// The block's value is the macro's value. In the block, `?` ends the block, and the error is handed on by a `?` of the
/// macro's.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Author { pub id: i64, pub name: String, pub books: HasMany<Book> }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Author, Book])?;
/// # Author::create().name("Ann").save(&db)?;
/// assert_no_findings!(db, {
///     for author in Author::objects().prefetch_related(|a| a.books()).all(&db)? {
///         println!("{}: {} books", author.name, author.books.all(&db)?.len());
///     }
/// });
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[macro_export]
macro_rules! assert_no_findings {
    ($db:expr, $block:block) => {{
        let (value, log) = $crate::Database::capture(&$db, |_| -> $crate::Result<_> { Ok($block) });
        let value = value?;
        assert!(log.findings().is_empty(), "{}", log.report());
        value
    }};
}
