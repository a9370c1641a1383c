//! A statement that runs many times with other binds.
//!
//! A model binds the fields of a row where they are, one call of [`PreparedRow::bind`] after the other in code of the
//! derive. The log sees the statement once, with the binds of its first run.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;

use super::connection::{About, Connection, failure_of};
use super::failure::told;
use super::link;
use super::log::Does;
use super::storable::{LONGEST, storable_at, storable_in};
use super::told::{Ran, Watch};
use super::{Database, Row};
use crate::error::{Error, Result};
use crate::value::Bind;

impl Connection<'_> {
    /// Prepares a statement that runs many times with other binds; the log sees it once.
    pub(crate) fn repeat(
        &self,
        text: &str,
        about: About,
        work: impl FnOnce(&mut Prepared<'_, '_>) -> Result<()>,
    ) -> Result<()> {
        self.noting(text, &[], || self.many(text, about, work))
    }

    fn many(&self, text: &str, about: About, work: impl FnOnce(&mut Prepared<'_, '_>) -> Result<()>) -> Result<()> {
        let database = self.database();
        let watch = Watch::start(database);
        let statement = self.prepare(text, about)?;
        watch.sees(&statement);
        let (is_watched, first) = (watch.is_there(), RefCell::default());
        let (times, changed, failed) = (Cell::new(0), Cell::new(0), Cell::new(false));
        let runs = Runs { database, text, about, is_watched, first, times, changed, failed };
        let mut prepared = Prepared { statement, raw: self.raw(), runs };
        let outcome = work(&mut prepared);
        let counters = watch.asks(|| prepared.statement.counters());
        let Runs { first, times, changed, failed, .. } = prepared.runs;
        let (times, failed) = (times.get(), failed.get());
        if times > 0 || failed {
            let error = watch.asks(|| failure_of(&outcome).filter(|_| failed));
            let times = times + u64::from(failed);
            let ran = Ran { times, rows: changed.get(), counters, error, ..Ran::new(Does::Write, about) };
            watch.end(database, || (text, first.into_inner()), ran);
        }
        outcome
    }
}

/// A statement that runs many times.
pub(crate) struct Prepared<'c, 'a> {
    statement: link::Statement<'c>,
    raw: &'c rusqlite::Connection,
    runs: Runs<'a>,
}

/// What a statement runs for, and what has become of its runs.
struct Runs<'a> {
    database: &'a Database,
    text: &'a str,
    about: About,
    /// Somebody wants to see the binds of the first run.
    is_watched: bool,
    first: RefCell<Vec<Bind<'static>>>,
    times: Cell<u64>,
    changed: Cell<u64>,
    /// SQLite has refused a run.
    failed: Cell<bool>,
}

impl Runs<'_> {
    /// Whether what is bound next is to be kept for somebody who wants to see it.
    fn are_watched(&self) -> bool {
        self.is_watched && self.times.get() == 0
    }

    fn keep(&self, bind: &Bind<'_>) {
        self.first.borrow_mut().push(bind.clone().into_owned());
    }

    fn count(&self, changed: u64) -> u64 {
        self.times.set(self.times.get() + 1);
        self.changed.set(self.changed.get() + changed);
        changed
    }

    #[cold]
    fn told(&self, error: rusqlite::Error) -> Error {
        told(error, self.text, self.about, self.database)
    }

    #[cold]
    fn failed(&self, error: rusqlite::Error) -> Error {
        self.failed.set(true);
        self.told(error)
    }
}

impl Prepared<'_, '_> {
    /// Binds a value; numbers count from 1.
    pub(crate) fn bind(&mut self, number: usize, bind: &Bind<'_>) -> Result<()> {
        if self.runs.are_watched() {
            self.runs.keep(bind);
        }
        storable_at(number, bind, self.runs.about)?;
        self.statement.bind(number, bind).map_err(|error| self.runs.told(error))
    }

    /// Binds the values of one row, one after the other, and runs it with them.
    #[inline]
    pub(crate) fn row<'p, 'b>(&'p mut self) -> PreparedRow<'p, 'b> {
        let is_watched = self.runs.are_watched();
        PreparedRow { run: self.statement.run_with(), runs: &self.runs, is_watched, refused: None }
    }

    /// The rowid of the row that was inserted last.
    pub(crate) fn rowid(&self) -> i64 {
        self.raw.last_insert_rowid()
    }
}

/// One run of a statement that runs many times. `'b` is the life of what its binds borrow.
pub struct PreparedRow<'p, 'b> {
    run: link::RunWith<'p, 'b>,
    runs: &'p Runs<'p>,
    is_watched: bool,
    /// Why it is not to run: the first of its values that was refused.
    refused: Option<Error>,
}

impl<'b> PreparedRow<'_, 'b> {
    /// The next value, of the column with this number if it is one's. One that is refused is told of when the row runs.
    ///
    /// Where the caller sees of which kind the value is, so does the compiler: it is bound where it is then, and no
    /// [`Bind`] is made.
    #[inline(always)]
    pub fn bind(&mut self, bind: Bind<'b>, column: Option<usize>) {
        // Dropping what owns nothing is a call all the same.
        let bind = ManuallyDrop::new(bind);
        match *bind {
            Bind::Null => self.null(),
            Bind::Integer(value) => self.integer(value),
            Bind::Real(value) => self.real(value, column),
            Bind::Text(Cow::Borrowed(text)) => self.text(text, column),
            _ => self.any(ManuallyDrop::into_inner(bind), column),
        }
    }

    fn null(&mut self) {
        if self.is_watched {
            return self.any(Bind::Null, None);
        }
        let outcome = self.run.null();
        self.heed(outcome);
    }

    fn integer(&mut self, value: i64) {
        if self.is_watched {
            return self.any(Bind::Integer(value), None);
        }
        let outcome = self.run.integer(value);
        self.heed(outcome);
    }

    fn real(&mut self, value: f64, column: Option<usize>) {
        if self.is_watched || value.is_nan() {
            return self.any(Bind::Real(value), column);
        }
        let outcome = self.run.real(value);
        self.heed(outcome);
    }

    fn text(&mut self, text: &'b str, column: Option<usize>) {
        if self.is_watched || text.len() > LONGEST {
            return self.any(Bind::Text(Cow::Borrowed(text)), column);
        }
        let outcome = self.run.text(text);
        self.heed(outcome);
    }

    /// The next value, with all there is to it: it is kept for whoever watches, and may be one that is refused.
    fn any(&mut self, bind: Bind<'b>, column: Option<usize>) {
        if self.is_watched {
            self.runs.keep(&bind);
        }
        let meta = self.runs.about.meta;
        let name = || match column.and_then(|column| meta.columns.get(column)) {
            Some(column) => column.name.to_owned(),
            None => format!("?{}", self.run.count() + 1),
        };
        match storable_in(meta, &bind, name) {
            Ok(()) => {
                let outcome = self.run.bind(bind);
                self.heed(outcome);
            }
            Err(error) => self.refuse(error),
        }
    }

    #[inline]
    fn heed(&mut self, outcome: rusqlite::Result<()>) {
        if let Err(error) = outcome {
            self.refuse(self.runs.told(error));
        }
    }

    #[cold]
    fn refuse(&mut self, error: Error) {
        self.refused.get_or_insert(error);
    }

    /// Runs the statement; says how many rows it changed.
    pub(crate) fn execute(self) -> Result<u64> {
        if let Some(error) = self.refused {
            return Err(error);
        }
        let changed = self.run.execute().map_err(|error| self.runs.failed(error))?;
        Ok(self.runs.count(changed))
    }

    /// Runs the statement and hands the rows it returns to `each`; says how many there were.
    pub(crate) fn returning(self, each: impl FnMut(Row<'_>) -> Result<()>) -> Result<u64> {
        if let Some(error) = self.refused {
            return Err(error);
        }
        let changed = self.run.query(each, |error| self.runs.failed(error))?;
        Ok(self.runs.count(changed))
    }
}
