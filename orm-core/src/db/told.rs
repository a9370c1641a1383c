//! Who is told of a statement when it has run: the captures, whoever waits for slow ones, the subscribers of `tracing`.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connection::About;
use super::log::Does;
use super::{Counters, Database, Statement, link};
use crate::value::Bind;

impl Database {
    /// Whether anybody wants to know how long a statement takes.
    #[inline]
    pub(super) fn is_timed(&self) -> bool {
        self.is_captured() || self.inner.slow.is_some() || is_traced()
    }

    /// Records a statement wherever it belongs.
    pub(super) fn record(&self, statement: &Statement) {
        if let Some(slow) = &self.inner.slow
            && statement.time >= slow.limit
        {
            (slow.tell)(statement);
        }
        trace(statement);
        self.capture_statement(statement);
    }
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
pub(super) struct Watch(Option<Instant>);

/// What there is to say of a run.
pub(super) struct Ran {
    pub(super) does: Does,
    pub(super) times: u64,
    pub(super) rows: u64,
    pub(super) about: About,
    pub(super) counters: Counters,
}

impl Watch {
    pub(super) fn start(database: &Database) -> Self {
        Watch(database.is_timed().then(Instant::now))
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

    /// What was counted.
    pub(super) fn counters(&self, counters: impl FnOnce() -> Counters) -> Counters {
        if self.0.is_some() { counters() } else { Counters::default() }
    }

    pub(super) fn end<'t>(
        self,
        database: &Database,
        text_and_binds: impl FnOnce() -> (&'t str, Vec<Bind<'static>>),
        ran: Ran,
    ) {
        if let Some(start) = self.0 {
            let time = start.elapsed();
            let (text, binds) = text_and_binds();
            let Ran { does, times, rows, about: About { meta, at }, counters } = ran;
            database.record(&Statement {
                sql: text.to_owned(),
                binds,
                times,
                time,
                rows,
                counters,
                is_transaction: false,
                location: at,
                does,
                meta: Some(meta),
                start,
                thread: std::thread::current().id(),
            });
        }
    }
}
