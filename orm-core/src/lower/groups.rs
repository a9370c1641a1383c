//! Aggregates over groups: `SELECT avg(grouped.c0) FROM (SELECT sum(..) AS c0 FROM .. GROUP BY ..) AS grouped`.
//!
//! Each aggregate's argument, and its filter, is a value of one group: a column of the query that makes the groups.

use super::query::{self, Purpose, Query};
use super::{Context, Frame, Lowered, Lowerer};
use crate::error::{Error, Result};
use crate::group::Layout;
use crate::plan::{AggregateNode, Node, Plan};
use crate::statement::{Alias, Expr, Select, Statement};
use crate::value::Bind;

/// The query that makes the groups, while the one around it is lowered.
pub(super) struct Groups {
    alias: Alias,
    columns: Vec<Node>,
}

/// Aggregates over the groups of a plan.
pub(crate) fn over_groups(plan: &Plan, aggregates: &[Node]) -> Result<Lowered> {
    super::check(plan)?;
    if plan.distinct || !plan.more.members.is_empty() {
        return Err(Error::misuse("aggregates over groups that are merged or put together: aggregate each by itself"));
    }
    let mut lowerer = Lowerer::new();
    let alias = lowerer.fresh("grouped");
    let mut around = Context::new(Frame::default(), plan.roots.clone());
    around.groups = Some(Groups { alias: alias.clone(), columns: Vec::new() });
    lowerer.contexts.push(around);
    let columns: Vec<Expr> = aggregates.iter().map(|node| lowerer.value(node)).collect::<Result<_>>()?;
    let mut needed =
        lowerer.contexts.pop().and_then(|around| around.groups).map_or(Vec::new(), |groups| groups.columns);
    if needed.is_empty() {
        // The groups are counted, and nothing is asked of them.
        needed.push(Node::bind(Bind::Integer(1)));
    }
    let mut inner = plan.clone();
    inner.selecting(&needed);
    let Query { mut select, empty, .. } = lowerer.query(&inner, Purpose::Values)?;
    select.named = true;
    let width = columns.len();
    let statement =
        Statement::Select(Select { columns, from: vec![query::from(select, alias.clone())], ..Select::default() });
    Ok(Lowered { statement, layout: Layout::default(), joins: Vec::new(), alias, empty, width })
}

impl Lowerer {
    /// An aggregate over the groups of the query in the FROM clause.
    pub(super) fn over_derived(&mut self, node: &AggregateNode) -> Result<Expr> {
        let mut column = |node: &Node| -> Result<Expr> {
            let groups = self.current()?.groups.as_mut().ok_or_else(super::internal)?;
            let number = groups.columns.iter().position(|known| known.is(node)).unwrap_or(groups.columns.len());
            if number == groups.columns.len() {
                groups.columns.push(node.clone());
            }
            Ok(Expr::column(&groups.alias, format!("c{number}")))
        };
        let argument = node.argument.as_ref().map(&mut column).transpose()?;
        let filter = node.filter.as_ref().map(&mut column).transpose()?;
        self.made_aggregate(node, argument, filter)
    }
}
