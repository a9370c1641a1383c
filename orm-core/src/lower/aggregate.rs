//! Aggregates, and what each is an aggregate of.
//!
//! | the argument | in a query on rows | over groups, or over the whole query |
//! |---|---|---|
//! | behind a to-many relation | `(SELECT agg(..) FROM related WHERE link)` | a subquery over the rows of the group |
//! | anything else | an error: there is one value of it | `agg(..)` |
//!
//! Each aggregate over a relation is a subquery of its own, so two of them never multiply each other.

use super::{Lowerer, internal};
use crate::error::{Error, Result};
use crate::plan::{AggregateNode, Grouping, Node, NodeKind, Path, Plan};
use crate::statement::{Expr, Function, Join, Operator, Select};
use crate::value::Bind;

/// What an aggregate over a relation has to ask again: the rows of the query, and which group they are in.
pub(super) struct Group {
    plan: Plan,
    keys: Vec<Node>,
}

impl Group {
    pub(super) fn new(plan: &Plan) -> Self {
        let keys = plan.more.grouping.as_ref().map(|grouping| grouping.keys.clone()).unwrap_or_default();
        let before = plan.more.grouping.as_ref().map_or(0, |grouping| grouping.filters);
        let filters =
            plan.filters.iter().enumerate().filter(|(number, node)| *number < before || !node.has_aggregate());
        let filters = filters.map(|(_, node)| node.clone()).collect();
        Group { plan: Plan { filters, roots: plan.roots.clone(), ..Plan::new(plan.meta) }, keys }
    }
}

impl Lowerer {
    pub(super) fn aggregate(&mut self, node: &AggregateNode) -> Result<Expr> {
        let context = self.current()?;
        if context.groups.is_some() {
            return self.over_derived(node);
        }
        match context.group.clone() {
            Some(group) => match node.argument.as_ref().and_then(|argument| self.many_path(argument)) {
                Some(_) => self.of_group(&group, node),
                None => self.plain_aggregate(node, true),
            },
            None => {
                // A scope of its own: the related rows of a condition around it are not the ones it counts.
                let around = std::mem::replace(&mut context.hidden, context.frames.len());
                let of_row = std::mem::take(&mut context.of_row);
                let path = node.argument.as_ref().and_then(|argument| self.many_path(argument));
                let aggregate = match path {
                    Some(path) => self.of_related(&path, node),
                    None => Err(Error::misuse(
                        "an aggregate of a row's own column: group the rows by `values_list(..)`, or use `aggregate` for all",
                    )),
                };
                let context = self.current()?;
                (context.hidden, context.of_row) = (around, of_row);
                aggregate
            }
        }
    }

    /// `(SELECT agg(..) FROM related WHERE link)`.
    fn of_related(&mut self, path: &Path, node: &AggregateNode) -> Result<Expr> {
        let opening = self.open(path)?;
        let mut frame = super::Frame::default();
        let mut filter: Vec<Expr> = opening.enter(&mut frame, None).into_iter().collect();
        self.current()?.frames.push(frame);
        let column = self.over_joined(node, &mut filter)?;
        let frame = self.current()?.frames.pop().ok_or_else(internal)?;
        Ok(Expr::Select(Box::new(Select { columns: vec![column], from: frame.from, filter, ..Select::default() })))
    }

    /// `(SELECT agg(..) FROM the rows of this group JOIN related)`.
    fn of_group(&mut self, group: &Group, node: &AggregateNode) -> Result<Expr> {
        let keys: Vec<Expr> = group.keys.iter().map(|key| self.value_of_row(key)).collect::<Result<_>>()?;
        self.begin(&group.plan);
        let mut filter = self.filters(&group.plan)?;
        for (key, of_group) in group.keys.iter().zip(keys) {
            self.open_many(key)?;
            filter.push(Expr::binary(Operator::Is, self.value(key)?, of_group));
        }
        let column = self.over_joined(node, &mut filter)?;
        let from = self.end();
        Ok(Expr::Select(Box::new(Select { columns: vec![column], from, filter, ..Select::default() })))
    }

    /// The aggregate over the innermost frame, its relations joined there and its filter a condition there.
    fn over_joined(&mut self, node: &AggregateNode, filter: &mut Vec<Expr>) -> Result<Expr> {
        while let Some(path) = node.argument.as_ref().and_then(|argument| self.many_path(argument)) {
            let opening = self.open(&path)?;
            let frame = self.current()?.frames.last_mut().ok_or_else(internal)?;
            opening.enter(frame, Some(Join::Inner));
        }
        // A joined row is one of the rows it is an aggregate of: whatever is said within is said of that one.
        let around = std::mem::replace(&mut self.current()?.of_row, true);
        if let Some(condition) = &node.filter {
            match self.scope(condition)? {
                Expr::And(all) => filter.extend(all),
                one => filter.push(one),
            }
        }
        let aggregate = self.plain_aggregate(node, false);
        self.current()?.of_row = around;
        aggregate
    }

    pub(super) fn plain_aggregate(&mut self, node: &AggregateNode, with_filter: bool) -> Result<Expr> {
        let argument = node.argument.as_ref().map(|argument| self.value_of_row(argument)).transpose()?;
        let filter = match &node.filter {
            Some(condition) if with_filter => Some(self.condition_on_row(condition)?),
            _ => None,
        };
        self.made_aggregate(node, argument, filter)
    }

    /// An aggregate of what its argument and its filter are here.
    pub(super) fn made_aggregate(
        &mut self,
        node: &AggregateNode,
        argument: Option<Expr>,
        filter: Option<Expr>,
    ) -> Result<Expr> {
        let separator = match (&node.separator, node.distinct) {
            (Some(separator), true) if is_comma(separator) => None,
            (Some(_), true) => return Err(Error::misuse(SEPARATED)),
            (separator, _) => separator.as_ref().map(|separator| self.value(separator)).transpose()?,
        };
        if node.distinct && argument.is_none() {
            return Err(Error::misuse("`count().distinct()`: say of what, as in `count_distinct`; rows differ always"));
        }
        let aggregate = Expr::Aggregate {
            function: node.function,
            argument: argument.map(Box::new),
            distinct: node.distinct,
            filter: filter.map(Box::new),
            separator: separator.map(Box::new),
        };
        Ok(match &node.default {
            Some(default) => Expr::Call(Function::Coalesce, vec![aggregate, self.value(default)?]),
            None => aggregate,
        })
    }

    /// A value of a row within an aggregate: an aggregate in it is one of the row, over its relations.
    pub(super) fn value_of_row(&mut self, node: &Node) -> Result<Expr> {
        let group = self.current()?.group.take();
        let value = self.value(node);
        self.current()?.group = group;
        value
    }

    /// A condition on a row within an aggregate.
    fn condition_on_row(&mut self, node: &Node) -> Result<Expr> {
        let group = self.current()?.group.take();
        let condition = self.scope(node);
        self.current()?.group = group;
        condition
    }

    /// The first to-many relation a value speaks of, in a condition too, that no table stands for yet.
    fn many_path(&self, node: &Node) -> Option<Path> {
        match node.kind() {
            NodeKind::Column(path, _) | NodeKind::RowKey(path) | NodeKind::ForeignKey(path, _) => self.first_many(path),
            // Rows of their own.
            NodeKind::Aggregate(_) | NodeKind::Related(..) | NodeKind::Outer(..) => None,
            _ => {
                let mut found = None;
                node.each_child(&mut |child| found = found.take().or_else(|| self.many_path(child)));
                found
            }
        }
    }
}

/// The one group of all rows, where nothing but aggregates of them is selected.
pub(super) fn of_all(plan: &Plan) -> Option<Grouping> {
    let select = plan.more.select.as_ref()?;
    let of_rows = |node: &Node| {
        let is = |node: &Node| match node.kind() {
            NodeKind::Aggregate(aggregate) => {
                let mut paths = Vec::new();
                aggregate.argument.iter().for_each(|argument| super::selected_many(argument, &mut paths));
                paths.is_empty() && aggregate.argument.as_ref().is_none_or(|argument| !argument.has_aggregate())
            }
            _ => false,
        };
        node.any(&is)
    };
    let is_of_all = !select.is_empty() && select.iter().all(Node::has_aggregate) && select.iter().any(of_rows);
    is_of_all.then(|| Grouping { keys: Vec::new(), filters: plan.filters.len() })
}

/// Whether a value has an aggregate in it that is one of the query's own rows, and not of a subquery's.
pub(super) fn is_plain(expr: &Expr) -> bool {
    match expr {
        Expr::Aggregate { .. } => true,
        Expr::Binary(_, left, right) | Expr::Xor(left, right) => is_plain(left) || is_plain(right),
        Expr::And(parts) | Expr::Or(parts) | Expr::Call(_, parts) => parts.iter().any(is_plain),
        Expr::IsNotTrue(inner) | Expr::IsNull(inner) | Expr::Cast(inner, _) | Expr::Negate(inner) => is_plain(inner),
        Expr::Case(arms, otherwise) => {
            let arms = arms.iter().any(|(condition, value)| is_plain(condition) || is_plain(value));
            arms || otherwise.as_ref().is_some_and(|value| is_plain(value))
        }
        _ => false,
    }
}

/// Whether a value is one for a whole group: what it is grouped by, aggregates, and what is computed of them.
pub(super) fn is_of_group(expr: &Expr, group: &[Expr]) -> bool {
    if group.contains(expr) {
        return true;
    }
    match expr {
        Expr::Column { .. } => false,
        Expr::Binary(_, left, right) | Expr::Xor(left, right) => is_of_group(left, group) && is_of_group(right, group),
        Expr::And(parts) | Expr::Or(parts) | Expr::Call(_, parts) => parts.iter().all(|part| is_of_group(part, group)),
        Expr::IsNotTrue(inner) | Expr::IsNull(inner) | Expr::Cast(inner, _) | Expr::Negate(inner) => {
            is_of_group(inner, group)
        }
        Expr::Case(arms, otherwise) => {
            let arms = arms.iter().all(|(condition, value)| is_of_group(condition, group) && is_of_group(value, group));
            arms && otherwise.as_ref().is_none_or(|value| is_of_group(value, group))
        }
        // A window is one of the groups, and sees of each what is one value of it.
        Expr::Window { function, partition, order, .. } => {
            let seen = match function.as_ref() {
                Expr::Aggregate { argument, filter, .. } => {
                    argument.iter().chain(filter).all(|part| is_of_group(part, group))
                }
                Expr::WindowCall(_, arguments) => arguments.iter().all(|part| is_of_group(part, group)),
                _ => true,
            };
            seen && partition.iter().chain(order.iter().map(|term| &term.expr)).all(|part| is_of_group(part, group))
        }
        // A subquery speaks of the group by what it is grouped by.
        _ => true,
    }
}

/// Why a separator and `distinct` do not go together.
const SEPARATED: &str = "SQLite joins distinct texts by `,` only: `group_concat(\",\").distinct()`";

/// Whether a separator is the one that SQLite takes where it is told none.
fn is_comma(separator: &Node) -> bool {
    matches!(separator.kind(), NodeKind::Bind(Bind::Text(text)) if text == ",")
}
