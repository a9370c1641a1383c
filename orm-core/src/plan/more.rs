//! What is said of few queries: in memory of its own, so that a plan is small where none of it is said.
//!
//! A queryset is moved with each thing that is added to it, so what it has room for costs whoever never uses it.

use std::ops::{Deref, DerefMut};

use super::{Deferral, Grouping, Keyset, Node, Path, Plan, PrefetchNode};
use crate::statement::SetOperator;

/// What a plan says beyond conditions, order and limits, if it does.
#[derive(Clone, Debug, Default)]
pub(crate) struct More(Option<Box<Said>>);

/// It.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// `select_related`.
    pub(crate) joins: Vec<Path>,
    pub(crate) prefetches: Vec<PrefetchNode>,
    pub(crate) deferrals: Vec<Deferral>,
    /// What is selected instead of the model.
    pub(crate) select: Option<Vec<Node>>,
    /// What is selected beside the model.
    pub(crate) annotations: Vec<Node>,
    /// What is selected after everything else, for ourselves: what a cursor is made of.
    pub(crate) extra: Vec<Node>,
    /// Rows are grouped, and what is selected is what they are grouped by or an aggregate of each group.
    pub(crate) grouping: Option<Grouping>,
    /// The rows of these queries, put together one after the other, and not the table's. What else is said here (order,
    /// limit, relations) is said of the whole; conditions are the members' own.
    pub(crate) members: Vec<(SetOperator, Plan)>,
    /// Only the rows after (or before) a place in the order.
    pub(crate) keyset: Option<Keyset>,
    /// What was asked that has no meaning; said when the query runs.
    pub(crate) misuse: Option<&'static str>,
}

impl Said {
    pub(crate) const NOTHING: Said = Said {
        joins: Vec::new(),
        prefetches: Vec::new(),
        deferrals: Vec::new(),
        select: None,
        annotations: Vec::new(),
        extra: Vec::new(),
        grouping: None,
        members: Vec::new(),
        keyset: None,
        misuse: None,
    };
}

impl More {
    /// What is said, if anything ever was.
    pub(crate) fn said(&self) -> Option<&Said> {
        self.0.as_deref()
    }
}

impl From<Said> for More {
    fn from(said: Said) -> Self {
        More(Some(Box::new(said)))
    }
}

impl Deref for More {
    type Target = Said;
    fn deref(&self) -> &Said {
        static NOTHING: Said = Said::NOTHING;
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for More {
    /// Makes room for it: not for whoever only asks.
    fn deref_mut(&mut self) -> &mut Said {
        self.0.get_or_insert_with(|| Box::new(Said::NOTHING))
    }
}
