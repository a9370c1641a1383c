//! What was asked for, merged into a tree: each relation once, siblings under one prefix together.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::group::Loader;
use crate::lower;
use crate::meta::{RelationKind, RelationMeta};
use crate::plan::{Path, Plan, PrefetchNode};

/// One relation to load, and what to load for its rows in turn.
#[derive(Clone)]
pub(super) struct Branch {
    pub(super) relation: &'static RelationMeta,
    pub(super) loader: &'static dyn Loader,
    /// Order, joins and deferrals; with a slot, filters and limits too.
    pub(super) plan: Plan,
    pub(super) slot: Option<usize>,
    /// How often a relation of a model to itself is followed.
    pub(super) depth: Option<u32>,
    pub(super) children: Vec<Branch>,
}

impl Branch {
    /// What is loaded for rows that this relation has led to: in a tree that is the relation itself once more.
    pub(super) fn below(&self) -> Cow<'_, [Branch]> {
        match self.depth.map(|depth| depth.saturating_sub(1)) {
            None | Some(0) => Cow::Borrowed(&self.children),
            deeper => {
                let again = Branch { depth: deeper, ..self.clone() };
                self.children.iter().cloned().chain([again]).collect()
            }
        }
    }
}

/// How many levels there may be: each is loaded on the stack of the one above.
const DEEPEST: usize = 128;

/// Merges nodes into branches that have so many levels above them.
pub(super) fn merge(branches: &mut Vec<Branch>, nodes: &[PrefetchNode], above: usize) -> Result<()> {
    for node in nodes {
        insert(branches, &node.path.prefixes(), node, above)?;
    }
    Ok(())
}

fn insert(branches: &mut Vec<Branch>, prefixes: &[Path], node: &PrefetchNode, above: usize) -> Result<()> {
    let Some((first, rest)) = prefixes.split_first() else { return Ok(()) };
    let Some(hop) = first.last() else { return Ok(()) };
    if above == DEEPEST {
        return Err(Error::misuse(format!("prefetches are nested more than {DEEPEST} levels deep")));
    }
    let slot = if rest.is_empty() { node.slot } else { None };
    let same = |branch: &&mut Branch| std::ptr::eq(branch.relation, hop.relation) && branch.slot == slot;
    if branches.iter_mut().find(same).is_none() {
        let plan = Plan::new(hop.relation.target());
        let (relation, loader, children) = (hop.relation, hop.loader, Vec::new());
        branches.push(Branch { relation, loader, plan, slot, depth: None, children });
    } else if rest.is_empty() && slot.is_some() {
        return Err(conflict(node, "two prefetches fill one slot"));
    }
    let Some(branch) = branches.iter_mut().find(same) else { return Ok(()) };
    if !rest.is_empty() {
        return insert(&mut branch.children, rest, node, above + 1);
    }
    if let Some(depth) = node.depth {
        let by_key = !matches!(hop.relation.kind, RelationKind::ManyToMany(_));
        if hop.relation.model != hop.relation.target().name || !by_key {
            return Err(Error::misuse(format!(
                "`{}` cannot be followed to a depth: only a foreign key of a model to itself can, and its other side",
                hop.relation.full_name()
            )));
        }
        if branch.depth.is_some_and(|known| known != depth) {
            return Err(conflict(node, "two depths"));
        }
        branch.depth = Some(depth);
    }
    if !node.plan.is_plain() {
        if !branch.plan.is_plain() {
            return Err(conflict(node, "an order or a `select_related` of its own in both"));
        }
        branch.plan = node.plan.clone();
        branch.plan.more.prefetches.clear();
    }
    merge(&mut branch.children, &node.plan.more.prefetches, above + 1)
}

/// Checks what can be found wrong before anything runs: a relation that is joined and prefetched with a query of its own,
/// and queries that have no meaning.
pub(super) fn check(branches: &[Branch], joins: &[Path]) -> Result<()> {
    let joins: Vec<Vec<&RelationMeta>> = joins
        .iter()
        .map(|path| path.prefixes().iter().filter_map(Path::last).map(|hop| hop.relation).collect())
        .collect();
    let joins: Vec<&[&RelationMeta]> = joins.iter().map(Vec::as_slice).collect();
    check_level(branches, &joins)
}

fn check_level(branches: &[Branch], joins: &[&[&RelationMeta]]) -> Result<()> {
    for branch in branches {
        let below = joins.iter().filter_map(|join| match join.split_first() {
            Some((first, rest)) if branch.slot.is_none() && std::ptr::eq(*first, branch.relation) => Some(rest),
            _ => None,
        });
        let below: Vec<&[&RelationMeta]> = below.collect();
        if below.is_empty() {
            lower::select(&branch.plan)?;
            check(&branch.children, &branch.plan.more.joins)?;
        } else if branch.plan.is_plain() {
            check_level(&branch.children, &below)?;
        } else {
            let what = "it is joined by `select_related` already, and prefetched with a query of its own";
            return Err(Error::PrefetchConflict { relation: branch.relation.full_name(), what });
        }
    }
    Ok(())
}

fn conflict(node: &PrefetchNode, what: &'static str) -> Error {
    let relation = node.path.last().map_or_else(String::new, |hop| hop.relation.full_name());
    Error::PrefetchConflict { relation, what }
}
