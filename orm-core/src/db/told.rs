//! Who is told of a statement when it has run: the captures, whoever waits for slow ones, the subscribers of `tracing`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Database, Statement};

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
