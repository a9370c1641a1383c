//! The untyped description of a query: what a queryset is before any table has an alias.
//!
//! Comes in: what the typed handles of `lookup` build. Goes out: `lower`, which resolves the paths, and `prefetch`,
//! which splits the prefetches off. Plain data; no connection in any signature.

mod date;
mod more;
mod node;
mod path;

use node::DEPTH_OF_QUERY;
use smallvec::SmallVec;

pub use date::{DatePart, DateUnit, Truncation};
pub(crate) use more::{More, Said};
pub(crate) use node::{AggregateNode, NodeKind, Tree, WindowNode};
pub use node::{Node, Quantifier, TextLookup};
pub(crate) use path::Root;
pub use path::{Hop, Path};

use crate::db::FetchMode;
use crate::meta::{ColumnMeta, ModelMeta};
use crate::statement::Nulls;
use crate::value::Bind;

/// Why a queryset that is put together cannot be filtered.
pub(crate) const COMPOUND: &str = "it is put together from several: filter those, for it cannot be filtered after that";

/// A query on one model.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) meta: &'static ModelMeta,
    /// Where the paths in it begin, but for those that are of a query around it.
    pub(crate) roots: SmallVec<[Root; 2]>,
    /// One for each `filter` or `exclude` call: each is a scope of its own.
    pub(crate) filters: SmallVec<[Node; 1]>,
    /// None: the model's own ordering.
    pub(crate) order: Option<Vec<OrderNode>>,
    pub(crate) reversed: bool,
    pub(crate) distinct: bool,
    /// No row, whatever else is said: no statement is run.
    pub(crate) empty: bool,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
    pub(crate) mode: Option<FetchMode>,
    /// What is said of fewer queries.
    pub(crate) more: More,
}

/// How rows are grouped.
#[derive(Clone, Debug)]
pub(crate) struct Grouping {
    /// By what; by nothing, all rows are one group.
    pub(crate) keys: Vec<Node>,
    /// How many filters were there before: those after may speak of the groups.
    pub(crate) filters: usize,
}

/// A place in the order of a queryset, and the side of it that is meant.
#[derive(Clone, Debug)]
pub(crate) struct Keyset {
    /// The order it is a place in, the key last: what is reversed or ordered otherwise later does not move it.
    pub(crate) order: Vec<OrderNode>,
    /// What the terms of the order are there.
    pub(crate) values: Vec<Bind<'static>>,
    pub(crate) is_before: bool,
}

/// One term of an order.
#[derive(Clone, Debug)]
pub struct OrderNode {
    pub(crate) node: Node,
    pub(crate) descending: bool,
    pub(crate) nulls: Option<Nulls>,
}

/// One call of `only` or `defer`.
#[derive(Clone, Debug)]
pub(crate) enum Deferral {
    /// Of the deferred columns of the query's model, and of every model named here, these and no others.
    Only(Vec<(Path, &'static ColumnMeta)>),
    /// Not these.
    Defer(Vec<(Path, &'static ColumnMeta)>),
}

/// A relation to be loaded by a statement of its own.
#[derive(Clone, Debug)]
pub struct PrefetchNode {
    /// The relation, and how it is reached.
    pub(crate) path: Path,
    /// What is asked of it: order, joins, prefetches; with a slot, filters and limits too.
    pub(crate) plan: Plan,
    /// The slot it goes to, if it is not the relation's own.
    pub(crate) slot: Option<usize>,
    /// How often a relation of a model to itself is followed, in the one statement.
    pub(crate) depth: Option<u32>,
}

impl OrderNode {
    /// The other way round.
    pub(crate) fn turned(self) -> Self {
        OrderNode { descending: !self.descending, nulls: self.nulls.map(Nulls::flipped), ..self }
    }
}

impl Plan {
    pub(crate) fn new(meta: &'static ModelMeta) -> Self {
        Plan {
            meta,
            roots: SmallVec::new(),
            filters: SmallVec::new(),
            order: None,
            reversed: false,
            distinct: false,
            empty: false,
            limit: None,
            offset: None,
            mode: None,
            more: More::default(),
        }
    }

    /// Where the paths of one closure begin.
    pub(crate) fn begin(&mut self) -> Path {
        let path = Path::begin();
        if let Some(root) = path.root() {
            self.roots.push(root);
        }
        path
    }

    /// The keys of the rows of this query, whatever it selects: for a condition on them.
    pub(crate) fn keys_only(&self) -> Plan {
        let mut keys = self.clone();
        keys.more.joins.clear();
        keys.more.prefetches.clear();
        keys.more.annotations.clear();
        keys.more.extra.clear();
        keys.selecting(&[Node::own_key()]);
        for (_, member) in &mut keys.more.members {
            *member = member.keys_only();
        }
        keys
    }

    /// Selects values in place of the model, in every member.
    pub(crate) fn selecting(&mut self, nodes: &[Node]) {
        self.more.select = Some(nodes.to_vec());
        for (_, member) in &mut self.more.members {
            member.roots.extend(self.roots.iter().copied());
            member.selecting(nodes);
        }
    }

    /// The same, of rows that are grouped.
    pub(crate) fn grouped(&self, grouping: Grouping) -> Plan {
        let mut grouped = self.clone();
        grouped.more.grouping = Some(grouping);
        grouped
    }

    /// No order, where nothing but the order of the rows depends on it.
    pub(crate) fn without_order(&mut self) {
        if !self.is_sliced() {
            self.order = Some(Vec::new());
        }
    }

    /// Whether a condition cannot simply be added: rows are cut off by number, or come from several queries.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_sliced() || !self.more.members.is_empty()
    }

    /// Whether there is a window function in its conditions, so that they are conditions on its rows from outside.
    pub(crate) fn filters_windows(&self) -> bool {
        self.filters.iter().any(Node::has_window)
    }

    /// Whether rows are cut off by number, so that a condition cannot be added any more.
    pub(crate) fn is_sliced(&self) -> bool {
        self.limit.is_some() || self.offset.is_some()
    }

    /// Whether this asks for a relation as it is: whole, in its own order, nothing below.
    pub(crate) fn is_plain(&self) -> bool {
        self.is_whole()
            && self.order.is_none()
            && !self.reversed
            && !self.distinct
            && self.more.joins.is_empty()
            && self.more.deferrals.is_empty()
            && self.mode.is_none()
            && self.more.misuse.is_none()
    }

    /// Whether every row of the table is in it, whatever comes with them and in whatever order.
    pub(crate) fn is_whole(&self) -> bool {
        self.filters.is_empty()
            && !self.empty
            && !self.is_sliced()
            && self.more.members.is_empty()
            && self.more.keyset.is_none()
            && self.more.grouping.is_none()
    }

    /// How deep the expressions in it are nested.
    fn depth(&self) -> u16 {
        let selected = self.more.select.iter().flatten().chain(&self.more.annotations);
        let order = self.order.iter().flatten().map(|term| &term.node);
        let keys = self.more.grouping.iter().flat_map(|grouping| &grouping.keys);
        let own = self.filters.iter().chain(selected).chain(order).chain(keys).map(Node::depth).max().unwrap_or(0);
        let members = self.more.members.iter().map(|(_, member)| member.depth().saturating_add(DEPTH_OF_QUERY));
        members.fold(own, u16::max)
    }

    /// The slots of the deferred columns that are left out of the model at the end of `path`.
    pub(crate) fn omitted(&self, path: &Path, meta: &'static ModelMeta) -> Vec<usize> {
        let mut omitted = Vec::new();
        for deferral in &self.more.deferrals {
            let (Deferral::Only(named) | Deferral::Defer(named)) = deferral;
            let is_named =
                |column: &'static ColumnMeta| named.iter().any(|(at, name)| at == path && std::ptr::eq(*name, column));
            match deferral {
                Deferral::Only(_) if path.is_root() || named.iter().any(|(at, _)| at == path) => {
                    omitted =
                        meta.columns.iter().filter(|column| !is_named(column)).filter_map(|c| c.deferred).collect();
                }
                Deferral::Only(_) => {}
                Deferral::Defer(_) => {
                    omitted.extend(meta.columns.iter().filter(|column| is_named(column)).filter_map(|c| c.deferred));
                }
            }
        }
        omitted
    }
}
