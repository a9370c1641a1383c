//! The report: what a capture says about loading that could have been done better.
//!
//! Inside a capture each group has a [`Watch`] that remembers where its query was written, which relations led to it, and
//! which of its relations and deferred columns were read. Outside of one there is none, and nothing is remembered.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Database, Statement};
use crate::meta::ModelMeta;

/// What a capture knows of one group.
pub(crate) struct Watch {
    /// The model of the query.
    root: &'static str,
    /// The relations that lead from there to the group.
    path: Vec<&'static str>,
    /// The line of the query.
    at: &'static Location<'static>,
    read: Box<[AtomicBool]>,
}

impl Watch {
    pub(crate) fn root(meta: &'static ModelMeta, at: &'static Location<'static>) -> Arc<Self> {
        Arc::new(Watch { root: meta.name, path: Vec::new(), at, read: unread(meta) })
    }

    /// The watch of a group that was loaded for this one's.
    pub(crate) fn child(&self, relation: &'static str, meta: &'static ModelMeta) -> Arc<Self> {
        let mut path = self.path.clone();
        path.push(relation);
        Arc::new(Watch { root: self.root, path, at: self.at, read: unread(meta) })
    }

    /// Somebody reads a relation or a deferred column.
    pub(crate) fn read(&self, slot: usize) {
        if let Some(read) = self.read.get(slot) {
            read.store(true, Ordering::Relaxed);
        }
    }

    fn was_read(&self, slot: usize) -> bool {
        self.read.get(slot).is_some_and(|read| read.load(Ordering::Relaxed))
    }

    /// `|a| a.books().tags()`.
    fn closure(&self, field: &str) -> String {
        let name = self.root.chars().next().map_or('x', |letter| letter.to_ascii_lowercase());
        let path: String = self.path.iter().chain([&field]).map(|field| format!(".{field}()")).collect();
        format!("|{name}| {name}{path}")
    }
}

fn unread(meta: &'static ModelMeta) -> Box<[AtomicBool]> {
    (0..meta.slots).map(|_| AtomicBool::new(false)).collect()
}

/// Something that was loaded because it was asked for.
#[derive(Clone)]
pub(crate) struct EagerLoad {
    pub(crate) watch: Arc<Watch>,
    pub(crate) meta: &'static ModelMeta,
    pub(crate) slot: usize,
    pub(crate) how: How,
}

/// How it was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Join,
    Prefetch,
    /// A deferred column that was not deferred.
    Column,
}

/// A relation (or a deferred column) that was loaded for one row.
#[derive(Clone)]
pub(crate) struct LazyLoad {
    pub(crate) watch: Arc<Watch>,
    pub(crate) meta: &'static ModelMeta,
    pub(crate) slot: usize,
    pub(crate) is_to_one: bool,
    /// The line that read it.
    pub(crate) touch: &'static Location<'static>,
}

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
    /// The line of the query.
    pub query: &'static Location<'static>,
    /// The line that read the relation, where one did.
    pub touch: Option<&'static Location<'static>>,
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
        }
        write!(f, "\n    the query: {}", self.query)?;
        if let Some(touch) = self.touch {
            write!(f, "\n    read at: {touch}")?;
        }
        write!(f, "\n    {}", self.fix)
    }
}

/// What the watches of a capture have seen.
#[derive(Default)]
pub(super) struct Seen {
    eager: Vec<EagerLoad>,
    lazy: Vec<LazyLoad>,
}

impl Seen {
    pub(super) fn eager(&mut self, load: EagerLoad) {
        self.eager.push(load);
    }

    pub(super) fn lazy(&mut self, load: LazyLoad) {
        self.lazy.push(load);
    }

    /// The findings, in the order of what they cost.
    pub(super) fn findings(&self, statements: &[Statement]) -> Vec<Finding> {
        let mut findings = self.one_by_one();
        let touched: Vec<_> = findings.iter().filter_map(|finding| finding.touch).collect();
        findings.extend(same_again(statements).into_iter().filter(|finding| !touched.contains(&finding.query)));
        findings.extend(self.unread());
        findings
    }

    fn one_by_one(&self) -> Vec<Finding> {
        let mut loads: BTreeMap<_, Vec<&LazyLoad>> = BTreeMap::new();
        for load in &self.lazy {
            let key = (place(load.watch.at), place(load.touch), load.watch.path.clone(), load.slot);
            loads.entry(key).or_default().push(load);
        }
        let finding = |loads: &Vec<&LazyLoad>| {
            let (first, times) = (*loads.first()?, loads.len());
            let field = *first.meta.slot_names.get(first.slot)?;
            let closure = first.watch.closure(field);
            let is_column = first.meta.relation_in(first.slot).is_none();
            let fix = match (is_column, first.is_to_one) {
                (true, _) => format!("leave it out of `.defer({closure})`, or name it in `.only({closure})`"),
                (false, true) => {
                    format!("add `.select_related({closure})` or `.prefetch_related({closure})` to the query")
                }
                (false, false) => format!("add `.prefetch_related({closure})` to the query"),
            };
            (times > 1).then(|| Finding {
                kind: FindingKind::OneByOne,
                what: format!("{}.{field}", first.meta.name),
                times,
                query: first.watch.at,
                touch: Some(first.touch),
                fix,
            })
        };
        let mut findings: Vec<Finding> = loads.values().filter_map(finding).collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.times));
        findings
    }

    fn unread(&self) -> Vec<Finding> {
        // One query may have run many times (in a loop, chunk by chunk): what was read once is worth loading.
        let mut loads: BTreeMap<_, (&EagerLoad, usize, bool)> = BTreeMap::new();
        for load in &self.eager {
            let key = (place(load.watch.at), load.watch.path.clone(), load.slot);
            let known = loads.entry(key).or_insert((load, 0, false));
            known.1 += 1;
            known.2 |= load.watch.was_read(load.slot);
        }
        let mut unread: Vec<(&'static Location<'static>, Vec<&'static str>)> = Vec::new();
        let mut findings = Vec::new();
        for (load, times, was_read) in loads.values() {
            let Some(field) = load.meta.slot_names.get(load.slot) else { continue };
            let below_unread =
                unread.iter().any(|(at, path)| *at == load.watch.at && load.watch.path.starts_with(path));
            if *was_read || below_unread {
                continue;
            }
            let closure = load.watch.closure(field);
            let (kind, fix) = match load.how {
                How::Join => (FindingKind::UnreadRelation, format!("remove `.select_related({closure})`")),
                How::Prefetch => (FindingKind::UnreadRelation, format!("remove `.prefetch_related({closure})`")),
                How::Column => (FindingKind::UnreadColumn, format!("add `.defer({closure})` to the query")),
            };
            if kind == FindingKind::UnreadRelation {
                let mut path = load.watch.path.clone();
                path.push(field);
                unread.push((load.watch.at, path));
            }
            let what = format!("{}.{field}", load.meta.name);
            findings.push(Finding { kind, what, times: *times, query: load.watch.at, touch: None, fix });
        }
        findings
    }
}

/// Statements that ran again with the same binds while nothing was written.
fn same_again(statements: &[Statement]) -> Vec<Finding> {
    let mut known: Vec<(&Statement, usize)> = Vec::new();
    let mut findings = Vec::new();
    let mut close = |known: &mut Vec<(&Statement, usize)>| {
        for (statement, times) in known.drain(..).filter(|(_, times)| *times > 1) {
            findings.push(Finding {
                kind: FindingKind::SameAgain,
                what: statement.sql.clone(),
                times,
                query: statement.location,
                touch: None,
                fix: "keep the first answer".to_owned(),
            });
        }
    };
    for statement in statements.iter().filter(|statement| !statement.is_transaction) {
        if !statement.sql.starts_with("SELECT") {
            close(&mut known);
            continue;
        }
        match known.iter_mut().find(|(one, _)| one.sql == statement.sql && one.binds == statement.binds) {
            Some((_, times)) => *times += 1,
            None => known.push((statement, 1)),
        }
    }
    close(&mut known);
    findings
}

fn place(at: &'static Location<'static>) -> (&'static str, u32, u32) {
    (at.file(), at.line(), at.column())
}

impl Database {
    /// A watch for the group of a query, if anybody captures.
    pub(crate) fn watch(&self, meta: &'static ModelMeta, at: &'static Location<'static>) -> Option<Arc<Watch>> {
        self.is_captured().then(|| Watch::root(meta, at))
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
