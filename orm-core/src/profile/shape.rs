//! The statements of one text, put together.

use std::collections::HashMap;
use std::panic::Location;
use std::time::Duration;

use crate::db::{Counters, Database, Log, Statement};
use crate::meta::ModelMeta;
use crate::value::Bind;

/// Of how many statements the plan is asked for.
const PLANS: usize = 500;

/// What all runs of one statement cost.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Shape {
    /// Its text.
    pub sql: String,
    /// The binds of its slowest run.
    pub binds: Vec<Bind<'static>>,
    /// How often it ran; a bulk write counts as one run.
    pub times: usize,
    /// The time of all runs, the reading of their rows included.
    pub total: Duration,
    /// Half of the runs took no longer.
    pub p50: Duration,
    /// 99 of 100 runs took no longer.
    pub p99: Duration,
    /// The slowest.
    pub max: Duration,
    /// How many rows were returned, or changed.
    pub rows: u64,
    /// How many runs found it prepared.
    pub kept: usize,
    /// How many runs SQLite has refused.
    pub failed: usize,
    /// What SQLite counted, of all runs together.
    pub counters: Counters,
    /// How SQLite runs it, a line for each step; none where that could not be asked for.
    pub plan: Option<String>,
    /// Where it was run from, and how often.
    pub lines: Vec<(&'static Location<'static>, usize)>,
    pub(super) meta: Option<&'static ModelMeta>,
}

/// The shapes of a log, the most expensive first.
pub(super) fn shapes(database: &Database, log: &Log) -> Vec<Shape> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<Vec<&Statement>> = Vec::new();
    for statement in log.statements() {
        let number = *numbers.entry(&statement.sql).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(number) {
            group.push(statement);
        }
    }
    let mut shapes: Vec<Shape> = groups.iter().filter_map(|group| shape(group)).collect();
    shapes.sort_by_key(|shape| std::cmp::Reverse(shape.total));
    for shape in shapes.iter_mut().take(PLANS) {
        shape.plan = database.plan_of(&shape.sql, &shape.binds);
    }
    shapes
}

fn shape(statements: &[&Statement]) -> Option<Shape> {
    let slowest = statements.iter().max_by_key(|statement| statement.time)?;
    let mut times: Vec<Duration> = statements.iter().map(|statement| statement.time).collect();
    times.sort_unstable();
    // The least time that so many of a hundred runs do not exceed.
    let percentile = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100).saturating_sub(1);
        times.get(rank).copied().unwrap_or_default()
    };
    let mut lines: Vec<(&'static Location<'static>, usize)> = Vec::new();
    let mut counters = Counters::default();
    for statement in statements {
        match lines.iter_mut().find(|(at, _)| *at == statement.location) {
            Some((_, count)) => *count += 1,
            None => lines.push((statement.location, 1)),
        }
        counters.full_scan_steps += statement.counters.full_scan_steps;
        counters.sorts += statement.counters.sorts;
        counters.automatic_index_rows += statement.counters.automatic_index_rows;
        counters.vm_steps += statement.counters.vm_steps;
    }
    let kept = statements.iter().filter(|statement| statement.counters.was_kept).count();
    counters.was_kept = kept == statements.len();
    Some(Shape {
        sql: slowest.sql.clone(),
        binds: slowest.binds.clone(),
        times: statements.len(),
        total: times.iter().sum(),
        p50: percentile(50),
        p99: percentile(99),
        max: slowest.time,
        rows: statements.iter().map(|statement| statement.rows).sum(),
        kept,
        failed: statements.iter().filter(|statement| statement.error.is_some()).count(),
        counters,
        plan: None,
        lines,
        meta: slowest.meta,
    })
}
