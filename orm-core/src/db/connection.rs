//! Running compiled statements on one connection, and telling the log.

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::is_collecting;
use super::failure::{told, untold};
use super::link::{self, Link, Rows};
use super::log::Does;
use super::storable::storable;
use super::told::{Ran, Stream, Watch};
use super::touch::{Touch, seeing};
use super::{Database, Row};
use crate::error::{Error, Result};
use crate::meta::ModelMeta;
use crate::sql::Sql;
use crate::value::{Bind, KeyRef};

/// Where a value that is the time stands in a statement of ours.
const NOW: &str = "strftime(?";

/// What a statement is about: for errors and for the log.
#[derive(Clone, Copy)]
pub(crate) struct About {
    pub(crate) meta: &'static ModelMeta,
    pub(crate) at: &'static Location<'static>,
}

/// A connection in hand. What runs on it is seen by the captures of `database`.
#[derive(Clone, Copy)]
pub struct Connection<'c> {
    link: &'c Link,
    database: &'c Database,
}

impl<'c> Connection<'c> {
    pub(super) fn new(link: &'c Link, database: &'c Database) -> Self {
        Connection { link, database }
    }

    pub(crate) fn database(&self) -> &'c Database {
        self.database
    }

    /// Runs a query and hands its rows to `each`.
    pub(crate) fn query(&self, sql: &Sql, about: About, each: impl FnMut(Row<'_>) -> Result<()>) -> Result<()> {
        self.read(&sql.text, &sql.binds, about, Does::Read, false, each)
    }

    /// Runs a query that finds one row at most, and hands it to `each`: nobody asks whether there is another.
    pub(crate) fn look_up(
        &self,
        text: &str,
        binds: &[Bind<'static>],
        about: About,
        each: impl FnMut(Row<'_>) -> Result<()>,
    ) -> Result<()> {
        self.read(text, binds, about, Does::Read, true, each)
    }

    /// Runs a query that loads a relation for several rows, and hands its rows to `each`.
    pub(crate) fn batch(&self, sql: &Sql, about: About, each: impl FnMut(Row<'_>) -> Result<()>) -> Result<()> {
        self.read(&sql.text, &sql.binds, about, Does::Batch, false, each)
    }

    fn read(
        &self,
        text: &str,
        binds: &[Bind<'static>],
        about: About,
        does: Does,
        is_one: bool,
        mut each: impl FnMut(Row<'_>) -> Result<()>,
    ) -> Result<()> {
        self.noting(text, binds, || {
            let weighs = is_collecting();
            let watch = Watch::start(self.database);
            let statement = self.prepare(text, about)?;
            watch.sees(&statement);
            let does = if !watch.is_there() || statement.is_readonly() { does } else { Does::Write };
            storable(binds, about)?;
            let mut rows = statement.query(binds).map_err(|error| told(error, text, about, self.database))?;
            let (mut count, mut failed) = (0, None);
            let mut go = || {
                while let Some(row) = rows.next().map_err(|error| {
                    let error = told(error, text, about, self.database);
                    failed = watch.asks(|| Some(error.to_string()));
                    error
                })? {
                    count += 1;
                    if weighs {
                        Database::weigh(count, row);
                    }
                    each(row)?;
                    if is_one {
                        break;
                    }
                }
                Ok(())
            };
            let outcome = go();
            if watch.is_there() {
                let counters = rows.counters();
                drop(rows);
                let version = Some(self.link.version());
                let ran = Ran { rows: count, counters, error: failed, version, ..Ran::new(does, about) };
                watch.end(self.database, || (text, owned(binds)), ran);
            }
            outcome
        })
    }

    /// The key, or number, that a query finds which asks why another statement was refused; none where it has no row.
    pub(crate) fn diagnose(&self, sql: &Sql, about: About) -> Result<Option<Bind<'static>>> {
        let mut found = None;
        self.read(&sql.text, &sql.binds, about, Does::Diagnose, true, |row| {
            found = row.datum(0).and_then(KeyRef::read).ok().flatten().map(|key| key.bind().into_owned());
            Ok(())
        })?;
        Ok(found)
    }

    /// Whether a query has a row.
    pub(crate) fn finds(&self, sql: &Sql, about: About) -> Result<bool> {
        let mut found = false;
        self.query(sql, about, |_| {
            found = true;
            Ok(())
        })?;
        Ok(found)
    }

    /// Runs a statement that returns no rows; says how many it changed.
    pub(crate) fn execute(&self, sql: &Sql, about: About) -> Result<u64> {
        self.noting(&sql.text, &sql.binds, || self.change(sql, about))
    }

    fn change(&self, sql: &Sql, about: About) -> Result<u64> {
        let watch = Watch::start(self.database);
        let mut statement = self.prepare(&sql.text, about)?;
        watch.sees(&statement);
        storable(&sql.binds, about)?;
        let changed = statement.execute(&sql.binds).map_err(|error| told(error, &sql.text, about, self.database));
        let counters = watch.asks(|| statement.counters());
        let rows = changed.as_ref().copied().unwrap_or(0);
        let ran = Ran { rows, counters, error: watch.asks(|| failure_of(&changed)), ..Ran::new(Does::Write, about) };
        watch.end(self.database, || (&sql.text, owned(&sql.binds)), ran);
        changed
    }

    /// Runs a statement, and notes which tables it touches, where somebody wants to know.
    #[inline]
    pub(super) fn noting<T>(&self, text: &str, binds: &[Bind<'static>], run: impl FnOnce() -> Result<T>) -> Result<T> {
        if !self.is_noted() {
            return run();
        }
        let before = self.link.times_anew(text);
        let (outcome, touch) = seeing(run);
        let volatile = || asks_for_the_time(text, binds).then_some("it asks for the time");
        self.noted(text, touch.filter(|_| self.was_prepared(text, before)), volatile);
        outcome
    }

    /// The same for a statement whose text is the user's, and which may be prepared already.
    pub(super) fn noting_raw<T>(&self, sql: &Sql, run: impl FnOnce() -> Result<T>) -> Result<T> {
        if !self.is_noted() {
            return run();
        }
        let before = self.link.times_anew(&sql.text);
        let (outcome, touch) = seeing(run);
        // `date()` and `date('now')` are the time; the time can be a bind too.
        let text = sql.text.to_ascii_lowercase();
        let is_now = |bind: &Bind<'_>| matches!(bind, Bind::Text(text) if text.eq_ignore_ascii_case("now"));
        let names_now = text.contains("now") || text.contains("()") || sql.binds.iter().any(is_now);
        let volatile = || names_now.then_some("it may ask for the time");
        self.noted(&sql.text, touch.filter(|_| self.was_prepared(&sql.text, before)), volatile);
        outcome
    }

    /// Whether it matters to anybody what runs here touches.
    #[inline]
    fn is_noted(&self) -> bool {
        self.database.inner.fresh.is_wanted(|| self.database.is_writing())
    }

    /// Whether the statement of this text was prepared meanwhile: what was seen may be of others that were.
    fn was_prepared(&self, text: &str, before: Option<c_int>) -> bool {
        before.is_none_or(|before| self.link.times_anew(text).is_some_and(|now| now != before))
    }

    /// Notes which tables a statement touches that is read later, row by row.
    fn note(&self, sql: &Sql) {
        if self.is_noted() {
            // It is prepared anew: what is kept may have been prepared when the tables were others.
            let (_, touch) = seeing(|| self.raw().prepare(&sql.text).map(drop));
            let volatile = || asks_for_the_time(&sql.text, &sql.binds).then_some("it asks for the time");
            self.noted(&sql.text, touch, volatile);
        }
    }

    #[cold]
    fn noted(&self, text: &str, touch: Option<Touch>, time: impl FnOnce() -> Option<&'static str>) {
        let fresh = &self.database.inner.fresh;
        let known = if touch.is_none() { self.link.touched(text) } else { None };
        let touch = known.unwrap_or_else(|| {
            // A statement that was prepared when nobody wanted to know is prepared once more, to be told.
            let touch = touch.or_else(|| seeing(|| self.raw().prepare(text).map(drop)).1);
            let touch = touch.unwrap_or_else(|| Touch { writes_all: true, ..Touch::default() });
            let touch = fresh.keep(text, touch.seeing_to_virtual(self.raw()));
            self.link.set_touched(text, &touch);
            touch
        });
        let volatile = if touch.touch.calls_time { time() } else { None };
        fresh.ran(self.database.inner.id, &touch, volatile);
    }

    /// Runs a statement that begins, ends or marks a transaction.
    pub(crate) fn control(&self, text: &str, at: &'static Location<'static>) -> Result<()> {
        let watch = Watch::start(self.database);
        let outcome =
            self.link.prepare(text).and_then(|mut statement| statement.execute(&[])).map(drop).map_err(untold);
        let ran = Ran { error: watch.asks(|| failure_of(&outcome)), ..Ran::mark(Does::Mark, at) };
        watch.end(self.database, || (text, Vec::new()), ran);
        outcome
    }

    /// Whether no statement is in hand.
    pub(super) fn is_idle(&self) -> bool {
        self.link.is_idle()
    }

    /// Ends the statements that are still running, though nothing can be reading from them any more.
    pub(super) fn end_forgotten(&self) {
        self.link.end_forgotten();
    }

    /// Takes the read lock of the transaction that was just begun.
    pub(super) fn take_lock(&self) -> Result<()> {
        self.raw().query_row("PRAGMA schema_version", [], |_| Ok(())).map_err(untold)
    }

    /// Runs `work`, in a transaction, with foreign keys that may point at rows which are yet to come, or to go, if it is
    /// wanted. At its end all of them have to be there: SQLite forgets those that are not as soon as it waits no more.
    pub(crate) fn deferring_foreign_keys<T>(
        &self,
        wanted: bool,
        about: About,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let is_on =
            || self.raw().query_row("PRAGMA defer_foreign_keys", [], |row| row.get::<_, bool>(0)).map_err(untold);
        if !wanted || is_on()? {
            return work();
        }
        let owed = self.link.owes_foreign_keys();
        self.raw().execute_batch("PRAGMA defer_foreign_keys = ON").map_err(untold)?;
        let outcome = work();
        let owes = self.link.owes_foreign_keys();
        if owed && owes {
            // A table's own deferred keys were waiting before, and cannot be told from ours: all wait for the commit.
            return outcome;
        }
        self.raw().execute_batch("PRAGMA defer_foreign_keys = OFF").map_err(untold)?;
        match outcome {
            Ok(_) if owes => Err(Error::ForeignKey { model: about.meta.name, relation: None, key: None }),
            outcome => outcome,
        }
    }

    /// Runs `work` and counts the rows that it and its cascades delete, by table.
    pub(crate) fn counting_deletes<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<(T, BTreeMap<String, u64>)> {
        let counts: Arc<Mutex<BTreeMap<String, u64>>> = Arc::default();
        let seen = Arc::clone(&counts);
        let hook = move |action, _: &str, table: &str, _| {
            if action == rusqlite::hooks::Action::SQLITE_DELETE {
                let mut counts = seen.lock().unwrap_or_else(PoisonError::into_inner);
                match counts.get_mut(table) {
                    Some(count) => *count += 1,
                    None => {
                        counts.insert(table.to_owned(), 1);
                    }
                }
            }
        };
        self.raw().update_hook(Some(hook)).map_err(untold)?;
        let outcome = work();
        self.raw().update_hook(None::<fn(rusqlite::hooks::Action, &str, &str, i64)>).map_err(untold)?;
        let counts = std::mem::take(&mut *counts.lock().unwrap_or_else(PoisonError::into_inner));
        Ok((outcome?, counts))
    }

    /// Opens a query whose rows are read later; the log sees it now, and what it cost when it ends.
    pub(super) fn stream(&self, sql: &Sql, about: About) -> Result<(Rows<'c, 'static>, Option<Stream>)> {
        self.note(sql);
        let watch = Watch::start(self.database);
        let statement = self.prepare(&sql.text, about)?;
        watch.sees(&statement);
        storable(&sql.binds, about)?;
        let rows = statement.stream(&sql.binds).map_err(|error| told(error, &sql.text, about, self.database))?;
        let stream = watch.begin(self.database, || (&sql.text, owned(&sql.binds)), Ran::new(Does::Read, about));
        Ok((rows, stream))
    }

    pub(super) fn prepare(&self, text: &str, about: About) -> Result<link::Statement<'c>> {
        self.link.prepare(text).map_err(|error| told(error, text, about, self.database))
    }

    pub(super) fn link(&self) -> &'c Link {
        self.link
    }

    pub(super) fn raw(&self) -> &'c rusqlite::Connection {
        self.link.raw()
    }
}

/// Whether a statement of ours asks for the time: its format and `now` are binds.
fn asks_for_the_time(text: &str, binds: &[Bind<'static>]) -> bool {
    text.match_indices(NOW).any(|(at, _)| {
        let call = text.get(at + NOW.len()..).unwrap_or_default();
        let second = call.split([')', ',']).nth(1).map(|word| word.trim().trim_start_matches('?'));
        let number: Option<usize> = second.and_then(|digits| digits.parse().ok());
        let bind = number.and_then(|number| binds.get(number.checked_sub(1)?));
        matches!(bind, Some(Bind::Text(text)) if text == "now")
    })
}

/// What a statement was refused with.
pub(super) fn failure_of<T>(outcome: &Result<T>) -> Option<String> {
    outcome.as_ref().err().map(ToString::to_string)
}

pub(super) fn owned(binds: &[Bind<'static>]) -> Vec<Bind<'static>> {
    binds.to_vec()
}
