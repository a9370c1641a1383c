//! Prefetching: relations loaded by statements of their own, one for each relation, whatever the number of rows.
//!
//! `tree.rs` merges what was asked into one tree, so that siblings under a common prefix load that prefix once;
//! `step.rs` makes one statement of one relation and puts the rows where they belong; `joined.rs` reads the rows that
//! come with their parent by JOIN; `recursive.rs` follows a relation of a model to itself.
//!
//! Statements = one for each relation in the tree that is not joined already; a level without rows stops there.

mod joined;
mod recursive;
mod step;
mod tree;

use std::ops::Range;
use std::panic::Location;
use std::sync::Arc;

use crate::db::{Connection, Database, EagerLoad, Home, How, InHand};
use crate::error::Result;
use crate::group::{Group, Instance, Layout, Loader};
use crate::meta::RelationMeta;
use crate::plan::{Path, Plan, PrefetchNode};
pub(crate) use joined::Joined;
use step::Parents;
use tree::Branch;

/// How a prefetch runs: where, and on whose behalf.
#[derive(Clone, Copy)]
pub(crate) struct Run<'c> {
    pub(crate) connection: &'c Connection<'c>,
    pub(crate) at: &'static Location<'static>,
    /// What the loaded rows inherit.
    pub(crate) home: Home,
    /// Whether it was asked for, and not a matter of a first access.
    pub(crate) eager: bool,
    /// The rows in hand it began with, if it did.
    pub(crate) in_hand: Option<InHand>,
}

impl Run<'_> {
    /// The same, one relation further down.
    fn below(self) -> Self {
        Run { in_hand: self.in_hand.map(|hand| InHand { depth: hand.depth + 1, ..hand }), ..self }
    }
}

/// A prefetch tree, checked and merged.
#[derive(Default)]
pub(crate) struct Prefetch(Vec<Branch>);

impl Prefetch {
    /// Merges and checks what was asked, for a query that joins `joins`. Nothing has run yet when it fails.
    pub(crate) fn new(nodes: &[PrefetchNode], joins: &[Path]) -> Result<Self> {
        if nodes.is_empty() && joins.is_empty() {
            return Ok(Prefetch::default());
        }
        let mut branches = Vec::new();
        tree::merge(&mut branches, nodes, 0)?;
        tree::check(&branches, joins)?;
        Ok(Prefetch(branches))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Loads the tree for some rows and for what is joined to them.
    pub(crate) fn run(&self, run: Run<'_>, rows: &[&dyn Instance], joined: &[Joined]) -> Result<()> {
        level(run, rows, joined, &self.0)
    }
}

/// Loads one relation for some rows of a group, as it is: what a lazy handle does.
pub(crate) fn load(
    run: Run<'_>,
    group: &Group,
    rows: Range<usize>,
    relation: &'static RelationMeta,
    loader: &'static dyn Loader,
) -> Result<()> {
    let branch =
        Branch { relation, loader, plan: Plan::new(loader.meta()), slot: None, depth: None, children: Vec::new() };
    step::run(run, Parents::of_group(group, rows, &branch), &branch)
}

/// Tells the report what was joined to the rows of a group, and which deferred columns came along. Where no row was
/// joined there is nothing that anybody could read.
pub(crate) fn tell_columns(database: &Database, group: &Group, joined: &[Joined], layout: &Layout) {
    let (Some(watch), Some(meta)) = (group.watch(), group.meta()) else { return };
    if group.has_no_rows() {
        return;
    }
    let eager =
        |slot, how| database.saw_eager(&EagerLoad { watch: Arc::clone(watch), meta, slot, how, rows: group.len() });
    for slot in meta.columns.iter().filter_map(|column| column.deferred) {
        if !layout.omitted.contains(&slot) {
            eager(slot, How::Column);
        }
    }
    for join in joined.iter().filter(|join| join.group().len() > 0) {
        eager(join.relation().slot, How::Join);
        tell_columns(database, join.group(), join.children(), join.layout());
    }
}

/// Rows of one group, and what was joined to them.
struct Rows<'a> {
    rows: &'a [&'a dyn Instance],
    joined: &'a [Joined],
}

fn level(run: Run<'_>, rows: &[&dyn Instance], joined: &[Joined], branches: &[Branch]) -> Result<()> {
    levels(run, &[Rows { rows, joined }], branches)
}

/// Loads a level for the rows of several groups: what is joined to some is known for these, everything else is loaded for
/// all of them at once.
fn levels(run: Run<'_>, groups: &[Rows<'_>], branches: &[Branch]) -> Result<()> {
    if groups.iter().all(|group| group.rows.is_empty()) {
        return Ok(());
    }
    for branch in branches {
        let is_branch = |joined: &&Joined| branch.slot.is_none() && std::ptr::eq(joined.relation(), branch.relation);
        let mut known: Vec<&Joined> = Vec::new();
        let mut waiting: Vec<&[&dyn Instance]> = Vec::new();
        for group in groups.iter().filter(|group| !group.rows.is_empty()) {
            match group.joined.iter().find(is_branch) {
                Some(joined) => known.push(joined),
                None => waiting.push(group.rows),
            }
        }
        if !known.is_empty() {
            let rows: Vec<_> = known.iter().map(|joined| joined.instances()).collect();
            let below = rows.iter().zip(known).map(|(rows, joined)| Rows { rows, joined: joined.children() });
            levels(run.below(), &below.collect::<Vec<_>>(), &branch.below())?;
        }
        let of_all: Vec<&dyn Instance>;
        let rows = match &*waiting {
            [] => continue,
            [rows] => rows,
            several => {
                of_all = several.concat();
                &*of_all
            }
        };
        let parents = Parents::of_rows(rows, branch)?;
        let named = branch.plan.mode.map(|mode| Home { mode, named: true, ..run.home });
        let run = Run { home: named.unwrap_or(run.home), ..run };
        match branch.depth {
            Some(depth) => recursive::run(run, parents, branch, depth)?,
            None => step::run(run, parents, branch)?,
        }
    }
    Ok(())
}
