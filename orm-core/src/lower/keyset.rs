//! A place in an order as a condition: the rows after it, or before it.
//!
//! With the terms `a, b DESC` the rows after `(x, y)` are those with `a > x`, or `a = x` and `b < y`. What every one of
//! them satisfies, `a >= x`, stands in front: a range, which an index serves. NULLs are where the order has them.

use super::query::order_nodes;
use crate::plan::{Keyset, Node, NodeKind, OrderNode, Plan};
use crate::statement::{Nulls, Operator};
use crate::value::Bind;

/// The terms that put the rows of a plan in one order and no other: its own, and then the key.
pub(crate) fn total_order(plan: &Plan) -> Vec<OrderNode> {
    let mut order = order_nodes(plan);
    // The key in the direction of the last term: an index on that has the keys in it, and serves both.
    let descending = order.last().map_or(plan.reversed, |term| term.descending);
    let tie = |node| OrderNode { node, descending, nulls: None };
    let is_composite = plan.meta.is_composite();
    let ends = |order: &[OrderNode]| !is_composite && order.iter().any(|term| is_row_key(&term.node));
    match (&plan.more.grouping, &plan.more.select) {
        (Some(grouping), _) => order.extend(grouping.keys.iter().cloned().map(tie)),
        (None, Some(select)) if plan.distinct => order.extend(select.iter().cloned().map(tie)),
        _ if ends(&order) => {}
        _ => order.extend(Node::key_terms(plan.meta).into_iter().map(tie)),
    }
    order
}

pub(super) fn is_row_key(node: &Node) -> bool {
    match node.kind() {
        NodeKind::RowKey(path) => path.is_root(),
        NodeKind::Column(path, column) => path.is_root() && column.primary_key,
        _ => false,
    }
}

/// The condition of a plan's place in its order, if it has one.
pub(super) fn filter(plan: &Plan) -> Option<Node> {
    let Some(Keyset { order, values, is_before }) = &plan.more.keyset else { return None };
    let terms: Vec<(&OrderNode, &Bind<'static>)> = order.iter().zip(values).collect();
    let mut sides = Vec::new();
    for (number, (term, value)) in terms.iter().enumerate() {
        let Some(beyond) = beyond(term, value, *is_before) else { continue };
        let same = terms.iter().take(number);
        let same =
            same.map(|(term, value)| Node::binary(Operator::Is, term.node.clone(), Node::bind((*value).clone())));
        sides.push(same.chain(std::iter::once(beyond)).reduce(Node::and));
    }
    let any = sides.into_iter().flatten().reduce(Node::or).unwrap_or_else(|| Node::new(NodeKind::Or(Vec::new())));
    Some(match terms.first().and_then(|(term, value)| bound(term, value, *is_before)) {
        Some(bound) if terms.len() > 1 => Node::and(bound, any),
        _ => any,
    })
}

/// Whether greater values are meant, and whether NULLs are among them.
fn side(term: &OrderNode, is_before: bool) -> (bool, bool) {
    let nulls_first = term.nulls.map_or(!term.descending, |nulls| nulls == Nulls::First);
    (term.descending == is_before, nulls_first == is_before)
}

/// The rows beyond a value of one term; none where there can be none.
fn beyond(term: &OrderNode, value: &Bind<'static>, is_before: bool) -> Option<Node> {
    let (greater, nulls_beyond) = side(term, is_before);
    let node = &term.node;
    let is_null = || Node::new(NodeKind::IsNull(node.clone()));
    if *value == Bind::Null {
        return (!nulls_beyond).then(|| Node::new(NodeKind::Not(is_null())));
    }
    let operator = if greater { Operator::Gt } else { Operator::Lt };
    let beyond = Node::binary(operator, node.clone(), Node::bind(value.clone()));
    Some(if nulls_beyond && can_be_null(node) { Node::or(beyond, is_null()) } else { beyond })
}

/// What all rows beyond satisfy in the first term, as a range.
fn bound(term: &OrderNode, value: &Bind<'static>, is_before: bool) -> Option<Node> {
    let (greater, nulls_beyond) = side(term, is_before);
    if *value == Bind::Null || (nulls_beyond && can_be_null(&term.node)) {
        return None;
    }
    let operator = if greater { Operator::Ge } else { Operator::Le };
    Some(Node::binary(operator, term.node.clone(), Node::bind(value.clone())))
}

fn can_be_null(node: &Node) -> bool {
    match node.kind() {
        NodeKind::Column(path, column) => !path.is_root() || column.nullable,
        NodeKind::RowKey(path) => !path.is_root(),
        _ => true,
    }
}
