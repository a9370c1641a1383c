//! Who is told of a statement when it has run: the captures, whoever waits for slow ones, the subscribers of `tracing`.

use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connection::About;
use super::log::{Does, Recorded};
use super::{Counters, Database, Statement, link};
use crate::meta::ModelMeta;
use crate::value::Bind;

impl Database {
    /// Whether anybody wants to know how long a statement takes.
    #[inline]
    pub(super) fn is_timed(&self) -> bool {
        self.is_captured() || self.inner.slow.is_some() || is_traced()
    }

    /// Records a statement wherever it belongs.
    pub(super) fn record(&self, statement: &Statement) {
        self.tell(statement);
        self.capture_statement(statement);
    }

    /// Tells those outside of it. What they run themselves is told to nobody: they would be told of that, too, and so on.
    fn tell(&self, statement: &Statement) {
        struct Telling;
        impl Drop for Telling {
            fn drop(&mut self) {
                TELLING.set(false);
            }
        }
        if TELLING.replace(true) {
            return;
        }
        let _telling = Telling;
        if let Some(slow) = &self.inner.slow
            && statement.time >= slow.limit
        {
            (slow.tell)(statement);
        }
        trace(statement);
    }

    /// Runs what waits for a connection; the statement that runs next has waited too.
    pub(super) fn waiting<T>(&self, wait: impl FnOnce() -> T) -> T {
        if !self.is_timed() {
            return wait();
        }
        let start = Instant::now();
        let value = wait();
        WAITED.set(start.elapsed());
        value
    }

    /// Runs the program's own code while a statement runs; that is no time of the statement.
    #[inline]
    pub(crate) fn away<T>(&self, work: impl FnOnce() -> T) -> T {
        if !self.is_timed() {
            return work();
        }
        let (before, start) = (AWAY.get(), Instant::now());
        let value = work();
        // What was away within it is within it.
        AWAY.set(before + start.elapsed());
        value
    }
}

thread_local! {
    /// This thread tells somebody of a statement.
    static TELLING: Cell<bool> = const { Cell::new(false) };
    /// How long it has waited for the connection its next statement runs on.
    static WAITED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    /// How long it was away from the statements it runs.
    static AWAY: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Who is told of slow statements, and which are slow.
#[derive(Clone)]
pub(super) struct Slow {
    pub(super) limit: Duration,
    pub(super) tell: Arc<dyn Fn(&Statement) + Send + Sync>,
}

impl fmt::Debug for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slow").field("limit", &self.limit).finish_non_exhaustive()
    }
}

#[cfg(feature = "tracing")]
fn is_traced() -> bool {
    tracing::enabled!(target: "eager_orm::statement", tracing::Level::DEBUG)
}

#[cfg(not(feature = "tracing"))]
fn is_traced() -> bool {
    false
}

/// Tells the subscribers of the `tracing` crate.
#[cfg(feature = "tracing")]
fn trace(statement: &Statement) {
    tracing::debug!(
        target: "eager_orm::statement",
        sql = %statement.sql,
        rows = statement.rows,
        times = statement.times,
        time_us = u64::try_from(statement.time.as_micros()).unwrap_or(u64::MAX),
        location = %statement.location,
    );
}

#[cfg(not(feature = "tracing"))]
fn trace(_: &Statement) {}

/// Times a statement, if anybody listens.
pub(super) struct Watch(Option<Start>);

#[derive(Clone, Copy)]
struct Start {
    at: Instant,
    waited: Duration,
    /// How long the thread had been away before.
    away: Duration,
}

/// What there is to say of a run.
pub(super) struct Ran {
    pub(super) does: Does,
    pub(super) times: u64,
    pub(super) rows: u64,
    pub(super) at: &'static Location<'static>,
    /// None of what begins, ends or marks a transaction.
    pub(super) meta: Option<&'static ModelMeta>,
    pub(super) counters: Counters,
    pub(super) error: Option<String>,
    pub(super) version: Option<(u64, u32)>,
}

impl Ran {
    pub(super) fn new(does: Does, about: About) -> Self {
        Ran { meta: Some(about.meta), ..Ran::mark(does, about.at) }
    }

    /// A mark of a transaction.
    pub(super) fn mark(does: Does, at: &'static Location<'static>) -> Self {
        Ran { does, times: 1, rows: 0, at, meta: None, counters: Counters::default(), error: None, version: None }
    }
}

impl Watch {
    pub(super) fn start(database: &Database) -> Self {
        let start = || Start { at: Instant::now(), waited: WAITED.take(), away: AWAY.get() };
        Watch(database.is_timed().then(start))
    }

    /// Whether anybody does.
    pub(super) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// What is counted of a statement is counted from now on.
    pub(super) fn sees(&self, statement: &link::Statement<'_>) {
        if self.0.is_some() {
            statement.counters();
        }
    }

    /// What there is to say, where anybody listens.
    pub(super) fn asks<T: Default>(&self, what: impl FnOnce() -> T) -> T {
        if self.0.is_some() { what() } else { T::default() }
    }

    pub(super) fn end<'t>(
        self,
        database: &Database,
        text_and_binds: impl FnOnce() -> (&'t str, Vec<Bind<'static>>),
        ran: Ran,
    ) {
        if let Some(start) = self.0 {
            let time = (start.at.elapsed() + start.waited).saturating_sub(AWAY.get().saturating_sub(start.away));
            database.record(&start.statement(time, text_and_binds(), ran));
        }
    }

    /// Records a statement whose rows are read later.
    pub(super) fn begin<'t>(
        self,
        database: &Database,
        text_and_binds: impl FnOnce() -> (&'t str, Vec<Bind<'static>>),
        ran: Ran,
    ) -> Option<Stream> {
        let start = self.0?;
        let statement = start.statement(start.at.elapsed() + start.waited, text_and_binds(), ran);
        let recorded = database.capture_begun(&statement);
        Some(Stream { database: database.clone(), recorded, statement })
    }
}

impl Start {
    fn statement(self, time: Duration, (text, binds): (&str, Vec<Bind<'static>>), ran: Ran) -> Statement {
        let Ran { does, times, rows, at, meta, counters, error, version } = ran;
        Statement {
            sql: text.to_owned(),
            binds,
            times,
            time,
            rows,
            counters,
            error,
            is_transaction: does == Does::Mark,
            location: at,
            does,
            meta,
            start: self.at,
            thread: std::thread::current().id(),
            version,
        }
    }
}

/// A statement whose rows are read one by one, whenever they are asked for.
pub(super) struct Stream {
    database: Database,
    recorded: Vec<Recorded>,
    statement: Statement,
}

impl Stream {
    /// Times the reading of a row, which says whether there was one.
    pub(super) fn step<T, E: ToString>(&mut self, step: impl FnOnce() -> Result<Option<T>, E>) -> Result<Option<T>, E> {
        let start = Instant::now();
        let row = step();
        self.statement.time += start.elapsed();
        match &row {
            Ok(row) => self.statement.rows += u64::from(row.is_some()),
            Err(error) => self.statement.error = Some(error.to_string()),
        }
        row
    }

    /// It has ended, or nobody reads on.
    pub(super) fn end(mut self, counters: Counters) {
        self.statement.counters = counters;
        self.recorded.iter().for_each(|recorded| recorded.amend(&self.statement));
        self.database.tell(&self.statement);
    }
}
