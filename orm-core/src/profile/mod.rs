//! The profiler: what ran in a scope, what it cost, and what could be done about it.
//!
//! Comes in: the log of a scope, which `db` has recorded. Goes out: a [`Profile`], as a table, as JSON and as a page.
//! `shape.rs` puts together the statements of one text, `loops.rs` finds what one query would have answered, `advice.rs` what
//! an index would save.

mod advice;
mod html;
mod json;
mod loops;
mod shape;
mod table;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::db::{Database, Finding, FindingKind, Gain, Log};
use crate::sql;
use crate::statement::Statement;
use advice::Advice;
pub use shape::Shape;

/// The largest database that is copied to measure what an index gains, in bytes.
const LARGEST_COPY: i64 = 512 << 20;

/// About how many instructions of SQLite's machine take as long as to look up a page, which an index that finds the rows of a
/// table one by one does for each.
const PAGE: u64 = 15;

/// What is worth an index: a query that takes at least so many times less work with it.
const LEAST_GAIN: f64 = 1.2;

/// What ran in a scope. Made by [`Database::profile`].
///
/// As text it is a table for a terminal; it serialises to JSON; and [`to_html`](Self::to_html) is a page of its own.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64, pub name: String }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// let (tags, profile) = db.profile("tags", |db| Tag::objects().all(db));
/// assert_eq!(profile.shapes()[0].times, 1);
/// println!("{profile}");
/// # tags?;
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Profile {
    name: String,
    start: Instant,
    time: Duration,
    log: Log,
    shapes: Vec<Shape>,
    findings: Vec<Finding>,
    /// What the last of the findings advise.
    advice: Vec<Advice>,
}

impl Database {
    /// Records what this thread runs on the database inside `f`, and what any thread runs through the handle `f` is given,
    /// with what SQLite counts of it; then says what each statement cost and what would be better.
    ///
    /// Scopes may be nested: what runs in the inner one is in both. Threads that profile at once never see each other's
    /// statements. Outside of a profile a statement pays one relaxed load. When the scope ends, SQLite is asked for the
    /// plan of each statement.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{FindingKind, prelude::*};
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # let new = |n: i32| Book::create().title(format!("book {n}")).pages(n);
    /// # Book::objects().bulk_create((0..5_000).map(new)).run(&db)?;
    /// let (books, profile) = db.profile("search", |db| Book::objects().filter(|b| b.pages().eq(300)).all(db));
    /// let finding = &profile.findings()[0];
    /// assert_eq!((finding.kind, &*finding.what), (FindingKind::FullScan, "Book"));
    /// assert!(finding.fix.starts_with("add `#[field(index)]` to `Book.pages`"));
    /// # books?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn profile<T>(&self, name: impl Into<String>, f: impl FnOnce(&Database) -> T) -> (T, Profile) {
        let start = Instant::now();
        let (value, log) = self.capture(f);
        let time = start.elapsed();
        let shapes = shape::shapes(self, &log);
        let mut findings = log.findings().to_vec();
        findings.extend(loops::find(&log, &findings));
        let (advised, advice): (Vec<Finding>, _) = advice::find(self, &shapes).into_iter().unzip();
        findings.extend(advised);
        (value, Profile { name: name.into(), start, time, log, shapes, findings, advice })
    }
}

impl Profile {
    /// The name of the scope.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long the scope took.
    pub fn time(&self) -> Duration {
        self.time
    }

    /// What ran, statement by statement.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// What ran, by the text of the statements, the most expensive first. Transactions are not among them: they are counted
    /// by [`Log::transactions`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let (_, profile) = db.profile("tags", |db| (0..3).try_for_each(|_| Tag::objects().count(db).map(drop)));
    /// let count = &profile.shapes()[0];
    /// assert_eq!((&*count.sql, count.times), (r#"SELECT count(*) FROM "tag""#, 3));
    /// assert!(count.p50 <= count.max);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// What could be done better, each with the line of code to write.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let (_, profile) = db.profile("tags", |db| Tag::objects().all(db));
    /// assert!(profile.findings().is_empty());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Measures what the missing indexes gain, on a copy of the database: it is copied into the folder for temporary files (one
    /// in memory, into memory), for nobody else to read, and the statement runs there, without the index and with it. What
    /// counts are the instructions of SQLite's machine and the pages it looks up, which are the same however busy the computer
    /// is. An index that gains nothing is no finding any more. A database of more than 512 MiB is not copied, nor is one from
    /// within a transaction, and the findings stay as they are.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # let new = |n: i32| Book::create().title(format!("book {n}")).pages(n);
    /// # Book::objects().bulk_create((0..5_000).map(new)).run(&db)?;
    /// let (books, profile) = db.profile("search", |db| Book::objects().filter(|b| b.pages().eq(300)).all(db));
    /// let profile = profile.measured(&db);
    /// assert!(profile.findings()[0].gain.unwrap().steps > 100.0);
    /// # books?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn measured(mut self, db: &Database) -> Self {
        let reported = self.findings.len().saturating_sub(self.advice.len());
        let advised: Vec<Finding> = self.findings.drain(reported..).collect();
        let mut next: VecDeque<_> = advised.into_iter().zip(std::mem::take(&mut self.advice)).collect();
        while let Some((mut finding, mut advice)) = next.pop_front() {
            match measure(db, finding.kind, &advice) {
                Measured::Gain(gain) => finding.gain = Some(gain),
                // What it would have served besides may still want an index of its own.
                Measured::Nothing => {
                    advice.absorbed.drain(..).rev().for_each(|absorbed| next.push_front(absorbed));
                    continue;
                }
                Measured::Unknown => {}
            }
            self.findings.push(finding);
            self.advice.push(advice);
        }
        self
    }

    /// The profile as one page of HTML that needs nothing else: a timeline, the statements with their plans, the findings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// # let folder = tempfile::tempdir().unwrap();
    /// let (_, profile) = db.profile("tags", |db| Tag::objects().all(db));
    /// std::fs::write(folder.path().join("profile.html"), profile.to_html()).unwrap();
    /// assert!(profile.to_html().starts_with("<!doctype html>"));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn to_html(&self) -> String {
        html::page(self)
    }
}

/// What came of trying an index.
enum Measured {
    Gain(Gain),
    Nothing,
    Unknown,
}

fn measure(db: &Database, kind: FindingKind, advice: &Advice) -> Measured {
    let costs = || {
        let trial = db.copy_for_trial(LARGEST_COPY)?;
        let before = trial.cost(&advice.sql, &advice.binds)?;
        trial.execute(&sql::compile(&Statement::CreateIndex(advice.index.clone())).text)?;
        let after = trial.cost(&advice.sql, &advice.binds)?;
        let plan = trial.plan(&advice.sql, &advice.binds).unwrap_or_default();
        Some((before, after, plan.contains(&advice.index.name)))
    };
    let Some((before, after, is_used)) = costs() else { return Measured::Unknown };
    let times = |before: u64, after: u64| before as f64 / after.max(1) as f64;
    let steps = times(before.steps, after.steps);
    let time = before.time.as_secs_f64() / after.time.as_secs_f64().max(1e-9);
    let work = match kind {
        // The pages of the index that is made each time are not counted.
        FindingKind::AutomaticIndex => steps,
        _ => times(before.steps + PAGE * before.pages, after.steps + PAGE * after.pages),
    };
    if is_used && work >= LEAST_GAIN { Measured::Gain(Gain { steps, time }) } else { Measured::Nothing }
}
