//! The untyped expression tree of a query. Cloning a node clones a pointer.

use std::sync::Arc;

use super::{Path, Plan};
use crate::meta::{ColumnMeta, RelationMeta, Through};
use crate::statement::{Function, Operator};
use crate::value::{Bind, Storage};

/// An expression over paths.
#[derive(Clone, Debug)]
pub struct Node(Arc<NodeKind>);

#[derive(Debug)]
pub(crate) enum NodeKind {
    /// A column of the model at the end of a path.
    Column(Path, &'static ColumnMeta),
    /// The foreign key column of a relation declared on the model at the end of a path.
    ForeignKey(Path, &'static RelationMeta),
    /// The key of the row (or rows) at the end of a path.
    RowKey(Path),
    Bind(Bind<'static>),
    Binary(Operator, Node, Node),
    And(Node, Node),
    Or(Node, Node),
    Xor(Node, Node),
    Not(Node),
    IsNull(Node),
    Between(Node, Node, Node),
    InList(Node, Vec<Node>),
    InQuery(Node, Box<Plan>),
    Text(TextLookup, Node, Node),
    Call(Function, Vec<Node>),
    Cast(Node, Storage),
    /// A condition on the related rows, in a scope of its own; the condition's paths begin at the related model.
    Related(Path, Quantifier, Option<Node>),
    /// The row is linked with the one of this key, in the table of a many-to-many relation.
    Linked(Through, Bind<'static>),
    Exists(Box<Plan>),
    Subquery(Box<Plan>),
    /// Seen from the enclosing query.
    Outer(Node),
}

/// For how many related rows a condition has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// At least one.
    Any,
    /// None.
    None,
    /// All there are.
    Every,
}

/// A lookup in text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextLookup {
    /// Equal, without regard to case.
    IExact,
    /// Contains.
    Contains,
    /// Contains, without regard to case.
    IContains,
    /// Starts with.
    StartsWith,
    /// Starts with, without regard to case.
    IStartsWith,
    /// Ends with.
    EndsWith,
    /// Ends with, without regard to case.
    IEndsWith,
}

impl Node {
    pub(crate) fn new(kind: NodeKind) -> Self {
        Node(Arc::new(kind))
    }

    pub(crate) fn kind(&self) -> &NodeKind {
        &self.0
    }

    pub(crate) fn bind(bind: Bind<'static>) -> Self {
        Node::new(NodeKind::Bind(bind))
    }

    pub(crate) fn call(function: Function, arguments: Vec<Node>) -> Self {
        Node::new(NodeKind::Call(function, arguments))
    }

    pub(crate) fn binary(operator: Operator, left: Node, right: Node) -> Self {
        Node::new(NodeKind::Binary(operator, left, right))
    }

    /// `=`, or `IS` where one side may be a NULL that was written down: `x = NULL` is never what is meant.
    pub(crate) fn equal(left: Node, right: Node) -> Self {
        let operator = if matches!(right.kind(), NodeKind::Bind(Bind::Null)) { Operator::Is } else { Operator::Eq };
        Node::binary(operator, left, right)
    }

    /// `<>`, or `IS NOT` for a NULL that was written down.
    pub(crate) fn not_equal(left: Node, right: Node) -> Self {
        let operator = if matches!(right.kind(), NodeKind::Bind(Bind::Null)) { Operator::IsNot } else { Operator::Ne };
        Node::binary(operator, left, right)
    }

    /// The name a value of this node goes by in a record.
    pub(crate) fn name(&self) -> Option<String> {
        let (path, name) = match self.kind() {
            NodeKind::Column(path, column) => (path, column.name),
            NodeKind::ForeignKey(path, relation) => (path, relation.name),
            NodeKind::RowKey(path) => return Some(path.name()),
            _ => return None,
        };
        let path = path.name();
        Some(if path.is_empty() { name.to_owned() } else { format!("{path}__{name}") })
    }
}
