//! The untyped expression tree of a query. Cloning a node clones a pointer.

use std::sync::Arc;

use super::{DatePart, OrderNode, Path, Plan, Root, Truncation};
use crate::meta::{ColumnMeta, ModelMeta, RelationMeta, Through};
use crate::statement::{AggregateFunction, Frame, Function, Operator, WindowFunction};
use crate::value::{Bind, Form, KeyRef, Storage};

/// An expression over paths, and the name that was given to its value.
#[derive(Clone, Debug)]
pub struct Node(Arc<Branch>, Option<Box<Arc<str>>>);

#[derive(Debug)]
struct Branch {
    kind: NodeKind,
    depth: u16,
}

/// How deep an expression may be nested: what walks it does so on the stack, and SQLite has a limit of its own. (A
/// condition of any number of parts joined by `&` or by `|` is one level deep.)
const DEEPEST: u16 = 128;

/// Why such an expression has no meaning.
const TOO_DEEP: &str = "this expression is nested too deep";

/// As how many levels a query in an expression counts: more of the stack is needed to walk it.
pub(super) const DEPTH_OF_QUERY: u16 = 4;

#[derive(Debug)]
pub(crate) enum NodeKind {
    /// A column of the model at the end of a path.
    Column(Path, &'static ColumnMeta),
    /// The foreign key column of a relation declared on the model at the end of a path.
    ForeignKey(Path, &'static RelationMeta),
    /// The key of the row (or rows) at the end of a path.
    RowKey(Path),
    /// There is no row at the end of a path, whatever the key on the way to it says.
    Absent(Path),
    Bind(Bind<'static>),
    Binary(Operator, Node, Node),
    /// All of them.
    And(Vec<Node>),
    /// Any of them.
    Or(Vec<Node>),
    Xor(Node, Node),
    Not(Node),
    IsNull(Node),
    IsNotNull(Node),
    /// Whether a condition holds, as a value that is never NULL.
    IsTrue(Node),
    Between(Node, Node, Node),
    InList(Node, Vec<Node>),
    InQuery(Node, Box<Plan>),
    Text(TextLookup, Node, Node),
    Call(Function, Vec<Node>),
    Cast(Node, Storage),
    /// A function of many rows. (In a box, as windows are: every node is as large as the largest kind.)
    Aggregate(Box<AggregateNode>),
    /// The value of the first condition that holds, or the last value.
    Case(Vec<(Node, Node)>, Option<Node>),
    /// A part of a date or time, as an integer.
    DatePart(DatePart, Form, Node),
    /// A condition on the related rows, in a scope of its own; the condition's paths begin at the related model.
    Related(Path, Quantifier, Option<(Root, Node)>),
    /// The row is linked with the one of this key, in the table of a many-to-many relation. (In a box, as below.)
    Linked(Box<(Through, Bind<'static>)>),
    Exists(Box<Plan>),
    Subquery(Box<Plan>),
    /// Seen from the query around this one whose fields it begins at; of fields of no query in particular, from the
    /// nearest that is about this model.
    Outer(&'static ModelMeta, Node),
    /// `-x`.
    Negate(Node),
    /// The beginning of the period that a date or time lies in.
    Truncated(Truncation, Node),
    /// A function of a row among others.
    Window(Box<WindowNode>),
    /// A condition in a scope of its own: the related rows it speaks of are not those of the condition around it.
    Scope(Node),
    /// The row is below (or above) a row of a query, along a relation of its model to itself.
    InTree(Tree),
    /// In place of an expression that has no meaning: why.
    Misuse(&'static str),
}

/// A function over a window.
#[derive(Clone, Debug)]
pub(crate) struct WindowNode {
    /// The function and its arguments, or none where `aggregate` has it.
    pub(crate) function: Option<WindowFunction>,
    pub(crate) arguments: Vec<Node>,
    /// An aggregate, whose rows are those of the window's frame.
    pub(crate) aggregate: Option<Box<AggregateNode>>,
    pub(crate) partition: Vec<Node>,
    pub(crate) order: Vec<OrderNode>,
    pub(crate) frame: Option<Frame>,
}

/// What is below (or above) the rows of a query.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) relation: &'static RelationMeta,
    pub(crate) roots: Box<Plan>,
    /// How often the relation is followed; without a limit, until nothing new is found.
    pub(crate) depth: Option<u32>,
}

/// A function of many rows: of those behind a to-many relation, of a group, or of the whole query.
#[derive(Clone, Debug)]
pub(crate) struct AggregateNode {
    pub(crate) function: AggregateFunction,
    /// None for the rows themselves.
    pub(crate) argument: Option<Node>,
    pub(crate) distinct: bool,
    /// Only the rows for which this holds.
    pub(crate) filter: Option<Node>,
    pub(crate) separator: Option<Node>,
    /// In place of NULL.
    pub(crate) default: Option<Node>,
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
    /// Matches a regular expression.
    Regex,
    /// Matches a regular expression, without regard to case.
    IRegex,
}

impl Node {
    pub(crate) fn new(kind: NodeKind) -> Self {
        let mut depth = 0;
        kind.each_child(&mut |child| depth = depth.max(child.0.depth + 1));
        let query = match &kind {
            NodeKind::InQuery(_, plan) | NodeKind::Exists(plan) | NodeKind::Subquery(plan) => Some(plan),
            NodeKind::InTree(tree) => Some(&tree.roots),
            _ => None,
        };
        if let Some(plan) = query {
            depth = depth.max(plan.depth().saturating_add(DEPTH_OF_QUERY));
        }
        Node::at_depth(kind, depth)
    }

    /// What has no operands.
    #[inline]
    pub(crate) fn leaf(kind: NodeKind) -> Self {
        Node(Arc::new(Branch { kind, depth: 0 }), None)
    }

    #[inline]
    fn at_depth(kind: NodeKind, depth: u16) -> Self {
        if depth > DEEPEST {
            return Node::misuse(TOO_DEEP);
        }
        Node(Arc::new(Branch { kind, depth }), None)
    }

    /// How deep it is nested.
    pub(super) fn depth(&self) -> u16 {
        self.0.depth
    }

    pub(crate) fn kind(&self) -> &NodeKind {
        &self.0.kind
    }

    /// `left & right`. A chain of them is one list, however long.
    pub(crate) fn and(left: Node, right: Node) -> Self {
        Self::joined(left, right, |node| matches!(node.kind(), NodeKind::And(_)), NodeKind::And)
    }

    /// `left | right`. A chain of them is one list, however long.
    pub(crate) fn or(left: Node, right: Node) -> Self {
        Self::joined(left, right, |node| matches!(node.kind(), NodeKind::Or(_)), NodeKind::Or)
    }

    /// `left ^ right`.
    pub(crate) fn xor(left: Node, right: Node) -> Self {
        Node::new(NodeKind::Xor(left, right))
    }

    fn joined(
        left: Node,
        right: Node,
        is_same: impl Fn(&Node) -> bool,
        kind: impl FnOnce(Vec<Node>) -> NodeKind,
    ) -> Self {
        // Not asked of each part: that would be asked again for each part that is added.
        let below = |node: &Node| if is_same(node) { node.depth() } else { node.depth() + 1 };
        let depth = below(&left).max(below(&right));
        let parts = |node: Node| {
            if !is_same(&node) {
                return vec![node];
            }
            // The list of a chain that is being built belongs to nobody else: it is moved, not copied.
            match Arc::try_unwrap(node.0) {
                Ok(Branch { kind: NodeKind::And(parts) | NodeKind::Or(parts), .. }) => parts,
                Ok(tree) => vec![Node(Arc::new(tree), None)],
                Err(shared) => match &shared.kind {
                    NodeKind::And(parts) | NodeKind::Or(parts) => parts.clone(),
                    _ => vec![Node(Arc::clone(&shared), None)],
                },
            }
        };
        let mut all = parts(left);
        all.extend(parts(right));
        Node::at_depth(kind(all), depth)
    }

    /// In place of an expression that has no meaning; said when the query runs.
    pub(crate) fn misuse(why: &'static str) -> Self {
        Node::leaf(NodeKind::Misuse(why))
    }

    /// The same, under a name.
    pub(crate) fn named(self, name: Arc<str>) -> Self {
        Node(self.0, Some(Box::new(name)))
    }

    /// The same, under the name of another node if that has one.
    pub(crate) fn named_like(self, other: &Node) -> Self {
        Node(self.0, other.1.clone())
    }

    pub(crate) fn bind(bind: Bind<'static>) -> Self {
        Node::leaf(NodeKind::Bind(bind))
    }

    /// The key of the row itself.
    pub(crate) fn own_key() -> Self {
        Node::leaf(NodeKind::RowKey(Path::default()))
    }

    /// The row is the one with this key.
    pub(crate) fn is_row_key(&self) -> bool {
        matches!(self.kind(), NodeKind::RowKey(_))
    }

    /// The columns of the key of the query's own rows, for an order.
    pub(crate) fn key_terms(meta: &'static ModelMeta) -> Vec<Self> {
        if !meta.is_composite() {
            return vec![Node::own_key()];
        }
        meta.key_columns().map(|column| Node::leaf(NodeKind::Column(Path::default(), column))).collect()
    }

    /// Whether the key of the query's own row is this one.
    pub(crate) fn key_is(key: KeyRef<'_>) -> Self {
        Node::equal(Node::own_key(), Node::bind(key.bind().into_owned()))
    }

    /// The row is one of those with these keys.
    pub(crate) fn key_in(keys: impl Iterator<Item = Bind<'static>>) -> Self {
        Node::new(NodeKind::InList(Node::own_key(), keys.map(Node::bind).collect()))
    }

    pub(crate) fn call(function: Function, arguments: Vec<Node>) -> Self {
        Node::new(NodeKind::Call(function, arguments))
    }

    pub(crate) fn binary(operator: Operator, left: Node, right: Node) -> Self {
        let depth = left.depth().max(right.depth()) + 1;
        Node::at_depth(NodeKind::Binary(operator, left, right), depth)
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

    pub(crate) fn each_child<'n>(&'n self, f: &mut dyn FnMut(&'n Node)) {
        self.kind().each_child(f);
    }

    /// The path of a column.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self.kind() {
            NodeKind::Column(path, _)
            | NodeKind::ForeignKey(path, _)
            | NodeKind::RowKey(path)
            | NodeKind::Absent(path) => Some(path),
            _ => None,
        }
    }

    /// The fields that the first path in it begins at.
    pub(crate) fn root(&self) -> Option<Root> {
        let mut root = self.path().and_then(Path::root);
        self.each_child(&mut |child| root = root.or_else(|| child.root()));
        root
    }

    /// Whether it is true or false of a row.
    pub(crate) fn is_condition(&self) -> bool {
        match self.kind() {
            NodeKind::Binary(operator, ..) => operator.is_comparison(),
            NodeKind::And(_)
            | NodeKind::Or(_)
            | NodeKind::Xor(..)
            | NodeKind::Not(_)
            | NodeKind::IsNull(_)
            | NodeKind::IsNotNull(_)
            | NodeKind::IsTrue(_)
            | NodeKind::Between(..)
            | NodeKind::InList(..)
            | NodeKind::InQuery(..)
            | NodeKind::Text(..)
            | NodeKind::Related(..)
            | NodeKind::Linked(..)
            | NodeKind::Scope(_)
            | NodeKind::InTree(_)
            | NodeKind::Exists(_) => true,
            _ => false,
        }
    }

    /// Whether there is an aggregate in it.
    pub(crate) fn has_aggregate(&self) -> bool {
        self.has(|kind| matches!(kind, NodeKind::Aggregate(_)))
    }

    /// Whether there is a window function in it.
    pub(crate) fn has_window(&self) -> bool {
        self.has(|kind| matches!(kind, NodeKind::Window(_)))
    }

    fn has(&self, is: fn(&NodeKind) -> bool) -> bool {
        self.any(&|node| is(node.kind()))
    }

    /// Whether it, or a part of it, is so.
    pub(crate) fn any(&self, is: &dyn Fn(&Node) -> bool) -> bool {
        let mut found = is(self);
        self.each_child(&mut |child| found = found || child.any(is));
        found
    }

    /// Whether both are the same one, and not merely alike.
    pub(crate) fn is(&self, other: &Node) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The name a value of this node goes by in a record.
    pub(crate) fn name(&self) -> Option<String> {
        if let Some(name) = &self.1 {
            return Some(String::from(&***name));
        }
        let (path, name) = match self.kind() {
            NodeKind::Column(path, column) => (path, column.name),
            NodeKind::ForeignKey(path, relation) => (path, relation.name),
            NodeKind::RowKey(path) | NodeKind::Absent(path) => return Some(path.name()),
            _ => return None,
        };
        let path = path.name();
        Some(if path.is_empty() { name.to_owned() } else { format!("{path}__{name}") })
    }
}

impl NodeKind {
    /// Calls `f` for each operand.
    fn each_child<'n>(&'n self, f: &mut dyn FnMut(&'n Node)) {
        match self {
            NodeKind::Binary(_, left, right) | NodeKind::Xor(left, right) | NodeKind::Text(_, left, right) => {
                f(left);
                f(right);
            }
            NodeKind::And(parts) | NodeKind::Or(parts) | NodeKind::Call(_, parts) => parts.iter().for_each(f),
            NodeKind::Not(inner)
            | NodeKind::Scope(inner)
            | NodeKind::IsNull(inner)
            | NodeKind::IsNotNull(inner)
            | NodeKind::IsTrue(inner)
            | NodeKind::Cast(inner, _)
            | NodeKind::DatePart(_, _, inner)
            | NodeKind::Negate(inner)
            | NodeKind::Truncated(_, inner)
            | NodeKind::Outer(_, inner)
            | NodeKind::InQuery(inner, _) => f(inner),
            NodeKind::Between(value, low, high) => {
                f(value);
                f(low);
                f(high);
            }
            NodeKind::InList(value, list) => {
                f(value);
                list.iter().for_each(f);
            }
            NodeKind::Related(_, _, inner) => inner.iter().for_each(|(_, inner)| f(inner)),
            NodeKind::Aggregate(node) => {
                let parts = node.argument.iter().chain(&node.filter).chain(&node.separator).chain(&node.default);
                parts.for_each(f);
            }
            NodeKind::Case(arms, otherwise) => {
                for (condition, value) in arms {
                    f(condition);
                    f(value);
                }
                otherwise.iter().for_each(f);
            }
            NodeKind::Window(window) => {
                window.arguments.iter().chain(&window.partition).for_each(&mut *f);
                window.order.iter().for_each(|term| f(&term.node));
                if let Some(aggregate) = &window.aggregate {
                    aggregate.argument.iter().chain(&aggregate.filter).chain(&aggregate.separator).for_each(f);
                }
            }
            NodeKind::Column(..)
            | NodeKind::ForeignKey(..)
            | NodeKind::RowKey(_)
            | NodeKind::Absent(_)
            | NodeKind::Bind(_)
            | NodeKind::InTree(_)
            | NodeKind::Linked(..)
            | NodeKind::Exists(_)
            | NodeKind::Subquery(_)
            | NodeKind::Misuse(_) => {}
        }
    }
}
