//! A query, whole: at the top of a statement, within another one, or as a member of a compound.
//!
//! | in the plan | in the statement |
//! |---|---|
//! | conditions on a window function | the query becomes the FROM clause of one around it, and the conditions its columns |
//! | several members | `SELECT .. UNION SELECT ..`, ordered by the numbers of columns |
//! | a place in the order | a condition on the terms of the order |

use std::collections::HashSet;
use std::sync::Arc;

use super::{JoinNode, Lowerer, aggregate, internal, keyset};
use crate::error::{Error, Result};
use crate::group::Layout;
use crate::plan::{Node, NodeKind, OrderNode, Path, Plan};
use crate::statement::{Alias, Expr, Join, OrderTerm, Select, SetOperator, Source, TableRef};

/// What a query is made for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Its rows: everything that was asked for.
    Rows,
    /// Its values, within another query: the key of a model, and an order only where rows are cut off by it.
    Values,
}

/// A query, lowered.
pub(super) struct Query {
    pub(super) select: Select,
    pub(super) layout: Layout,
    pub(super) joins: Vec<JoinNode>,
    pub(super) alias: Alias,
    /// No row can be in it.
    pub(super) empty: bool,
    /// How many columns it has.
    pub(super) width: usize,
}

impl Lowerer {
    pub(super) fn query(&mut self, plan: &Plan, purpose: Purpose) -> Result<Query> {
        super::check(plan)?;
        if !plan.more.members.is_empty() {
            return self.compound(plan, purpose);
        }
        match plan.more.grouping.is_none().then(|| aggregate::of_all(plan)).flatten() {
            Some(grouping) => self.simple(&plan.grouped(grouping), purpose),
            None => self.simple(plan, purpose),
        }
    }

    fn simple(&mut self, plan: &Plan, purpose: Purpose) -> Result<Query> {
        let alias = self.begin(plan);
        let group = plan.more.grouping.is_some().then(|| Arc::new(aggregate::Group::new(plan)));
        self.current()?.group.clone_from(&group);
        let mut layout = Layout::default();
        let mut joins = Vec::new();
        let mut columns = self.columns(plan, purpose, &alias, &mut layout, &mut joins)?;
        let extra = keyset::filter(plan);
        let mut filter = Vec::new();
        let mut having = Vec::new();
        let mut around = Vec::new();
        let mut spoken: Vec<Path> = Vec::new();
        for (number, node) in plan.filters.iter().chain(&extra).enumerate() {
            let of_groups = plan.more.grouping.as_ref().is_some_and(|grouping| number >= grouping.filters);
            // Before rows are grouped, an aggregate over a relation is one of each row.
            self.current()?.group = if of_groups { group.clone() } else { None };
            self.hide_spoken(node, &mut spoken)?;
            let conjuncts = super::condition::flatten(node);
            let (windows, plain): (Vec<Node>, Vec<Node>) = conjuncts.iter().cloned().partition(Node::has_window);
            for window in &windows {
                around.push(self.value(window)?);
            }
            let Some(node) =
                (if windows.is_empty() { Some(node.clone()) } else { plain.into_iter().reduce(Node::and) })
            else {
                continue;
            };
            let of_groups = of_groups && node.has_aggregate();
            match self.scope(&node)? {
                Expr::And(all) if !of_groups => filter.extend(all),
                one => if of_groups { &mut having } else { &mut filter }.push(one),
            }
        }
        self.current()?.hidden = 0;
        self.current()?.group = group;
        let is_cut = plan.is_sliced();
        let order = if purpose == Purpose::Rows || is_cut { self.order(plan)? } else { Vec::new() };
        let group = self.group_by(plan, &columns)?;
        // Of rows that are merged, only what is selected is one value: what they are ordered by is selected too, and
        // tells them apart. (It comes last, and nobody reads it.)
        if plan.distinct && plan.more.select.is_some() {
            for term in &order {
                if columns.contains(&term.expr) {
                    continue;
                }
                if purpose == Purpose::Values {
                    return Err(Error::misuse("distinct values within a query are ordered by what they select only"));
                }
                columns.push(term.expr.clone());
            }
        }
        let empty = plan.empty || plan.limit == Some(0) || filter.iter().any(Expr::is_false);
        if plan.empty {
            filter.push(Expr::any(Vec::new()));
        }
        if plan.more.grouping.as_ref().is_some_and(|grouping| grouping.keys.is_empty())
            && !columns.iter().any(aggregate::is_plain)
        {
            // Each value asks for its own rows, and there is one of it, whatever rows there are.
            self.end();
            let width = columns.len();
            let select = Select { columns, ..Select::default() };
            return Ok(Query { select, layout, joins, alias, empty: false, width });
        }
        let width = columns.len();
        let mut select = Select {
            distinct: plan.distinct,
            columns,
            from: self.end(),
            filter,
            group,
            having,
            order,
            limit: plan.limit,
            offset: plan.offset,
            ..Select::default()
        };
        if !around.is_empty() {
            let alias = self.fresh("windowed");
            select = conditions_around(select, around, alias);
        }
        Ok(Query { select, layout, joins, alias, empty, width })
    }

    /// What is selected.
    fn columns(
        &mut self,
        plan: &Plan,
        purpose: Purpose,
        alias: &Alias,
        layout: &mut Layout,
        joins: &mut Vec<JoinNode>,
    ) -> Result<Vec<Expr>> {
        let mut columns = Vec::new();
        match &plan.more.select {
            Some(nodes) => {
                let keys = plan.more.grouping.as_ref().map_or(&[][..], |grouping| &grouping.keys);
                for node in nodes {
                    self.open_many(node)?;
                    // What rows are grouped by is a value of each row.
                    let is_key = keys.iter().any(|key| key.is(node));
                    columns.push(if is_key { self.value_of_row(node)? } else { self.value(node)? });
                }
            }
            None if purpose == Purpose::Values => columns.push(self.row_key(&Path::default())?),
            None => {
                layout.omitted = plan.omitted(&Path::default(), plan.meta);
                self.model_columns(plan.meta, alias, layout, &mut columns);
                for node in &plan.more.annotations {
                    columns.push(self.value(node)?);
                }
                for path in &plan.more.joins {
                    self.join_tree(plan, path, joins, &mut columns)?;
                }
            }
        }
        for node in &plan.more.extra {
            let column = self.value(node)?;
            // One column more would tell rows apart that are to be merged.
            if plan.distinct && plan.more.select.is_some() && !columns.contains(&column) {
                return Err(Error::misuse("pages of distinct values are ordered by what they select only"));
            }
            columns.push(column);
        }
        Ok(columns)
    }

    /// The selection may have joined related rows. The first filter that speaks of them speaks of those; further
    /// filters, of any.
    fn hide_spoken(&mut self, node: &Node, spoken: &mut Vec<Path>) -> Result<()> {
        let mut paths = Vec::new();
        super::selected_many(node, &mut paths);
        let again = paths.iter().any(|path| spoken.contains(path));
        let context = self.current()?;
        context.hidden = if again { context.frames.len() } else { 0 };
        spoken.extend(paths);
        Ok(())
    }

    fn group_by(&mut self, plan: &Plan, columns: &[Expr]) -> Result<Vec<Expr>> {
        let Some(grouping) = &plan.more.grouping else { return Ok(Vec::new()) };
        let mut group = Vec::with_capacity(grouping.keys.len());
        for key in &grouping.keys {
            if key.has_window() {
                return Err(Error::misuse("rows cannot be grouped by a window function: it sees the groups"));
            }
            self.open_many(key)?;
            group.push(self.value_of_row(key)?);
        }
        // What a row's key says, it says of the group.
        let by_row_key = grouping.keys.iter().any(keyset::is_row_key);
        if !by_row_key && !columns.iter().all(|column| aggregate::is_of_group(column, &group)) {
            return Err(Error::misuse(format!(
                "`{}` rows are grouped: select what they are grouped by, or aggregates",
                plan.meta.name
            )));
        }
        // By number where it is selected: with a bind in it, it would be another expression here.
        let selected = |key: &Node| plan.more.select.iter().flatten().position(|node| node.is(key));
        let number = |(key, node): (Expr, &Node)| match selected(node)
            .or_else(|| columns.iter().position(|column| *column == key))
        {
            Some(number) => Expr::Ordinal(number + 1),
            None => key,
        };
        Ok(group.into_iter().zip(&grouping.keys).map(number).collect())
    }

    fn order(&mut self, plan: &Plan) -> Result<Vec<OrderTerm>> {
        let mut terms = Vec::new();
        let order = if plan.more.keyset.is_some() { keyset::total_order(plan) } else { order_nodes(plan) };
        for OrderNode { node, descending, nulls } in &order {
            terms.push(OrderTerm { expr: self.value(node)?, descending: *descending, nulls: *nulls });
        }
        Ok(terms)
    }

    /// The members, each a query of its own, with the order of the whole.
    fn compound(&mut self, plan: &Plan, purpose: Purpose) -> Result<Query> {
        if !plan.filters.is_empty() || plan.more.keyset.is_some() || plan.more.grouping.is_some() {
            return Err(Error::misuse(format!("`{}` queryset: {}", plan.meta.name, crate::plan::COMPOUND)));
        }
        let order = if purpose == Purpose::Rows || plan.is_sliced() {
            self.order_by_number(plan, purpose)?
        } else {
            Vec::new()
        };
        let mut whole: Option<Query> = None;
        for (operator, member) in &plan.more.members {
            let mut member = member.clone();
            if member.more.select.is_none() && purpose == Purpose::Rows {
                member.more.joins.clone_from(&plan.more.joins);
                member.more.annotations.clone_from(&plan.more.annotations);
                member.more.deferrals.clone_from(&plan.more.deferrals);
            }
            member.without_order();
            let query = self.query(&member, purpose)?;
            let select = self.member(query.select);
            match &mut whole {
                None => whole = Some(Query { select, ..query }),
                Some(whole) if whole.width == query.width => {
                    whole.empty = match operator {
                        SetOperator::Union | SetOperator::UnionAll => whole.empty && query.empty,
                        SetOperator::Intersect => whole.empty || query.empty,
                        SetOperator::Except => whole.empty,
                    };
                    whole.select.compound.push((*operator, select));
                }
                Some(_) => return Err(Error::misuse("querysets that are put together select equally many values")),
            }
        }
        let mut whole = whole.ok_or_else(internal)?;
        whole.select.order = order;
        whole.select.limit = plan.limit;
        whole.select.offset = plan.offset;
        whole.empty |= plan.empty || plan.limit == Some(0);
        if plan.distinct {
            // Of all of them: UNION ALL is the only one that does not see to it by itself.
            for (operator, _) in &mut whole.select.compound {
                if *operator == SetOperator::UnionAll {
                    *operator = SetOperator::Union;
                }
            }
        }
        Ok(whole)
    }

    /// The order of a compound, by the numbers of the columns of its first member.
    fn order_by_number(&mut self, plan: &Plan, purpose: Purpose) -> Result<Vec<OrderTerm>> {
        let order = order_nodes(plan);
        let mut first = plan;
        while let Some((_, member)) = first.more.members.first() {
            first = member;
        }
        if order.is_empty() {
            return Ok(Vec::new());
        }
        // Each alone, so that what is the same comes out the same, with the same names.
        let names = self.names.clone();
        let mut columns = match &first.more.select {
            Some(_) => Vec::new(),
            None => {
                let alias = self.begin(first);
                let columns = self.columns(first, purpose, &alias, &mut Layout::default(), &mut Vec::new())?;
                self.end();
                columns
            }
        };
        for node in first.more.select.iter().flatten() {
            columns.push(self.alone(node, first, &names)?);
        }
        for (number, node) in first.more.annotations.iter().enumerate() {
            if let Some(column) =
                columns.get_mut(first.meta.columns.len() - first.omitted(&Path::default(), first.meta).len() + number)
            {
                *column = self.alone(node, first, &names)?;
            }
        }
        let mut terms = Vec::with_capacity(order.len());
        for OrderNode { node, descending, nulls } in order {
            let expr = self.alone(&node, first, &names)?;
            let Some(number) = columns.iter().position(|column| *column == expr) else {
                return Err(Error::misuse("querysets that are put together can be ordered by what they select only"));
            };
            terms.push(OrderTerm { expr: Expr::Ordinal(number + 1), descending, nulls });
        }
        Ok(terms)
    }

    /// A value of a plan's rows, as if nothing else were asked of them.
    fn alone(&mut self, node: &Node, plan: &Plan, names: &HashSet<String>) -> Result<Expr> {
        self.names.clone_from(names);
        self.begin(plan);
        self.current()?.group = plan.more.grouping.is_some().then(|| Arc::new(aggregate::Group::new(plan)));
        self.open_many(node)?;
        let value = self.value(node);
        self.end();
        value
    }

    /// A query as a member: what SQLite allows only around a whole compound goes into a FROM clause.
    fn member(&mut self, select: Select) -> Select {
        if select.order.is_empty() && select.limit.is_none() && select.offset.is_none() && select.compound.is_empty() {
            return select;
        }
        let alias = self.fresh("member");
        Select { columns: vec![Expr::Star], from: vec![from(select, alias)], ..Select::default() }
    }
}

/// The order of a plan: its own, or its model's; turned round where it is to be.
pub(super) fn order_nodes(plan: &Plan) -> Vec<OrderNode> {
    let order: Vec<OrderNode> = match &plan.order {
        Some(order) => order.clone(),
        // An order that nobody asked for never splits groups, and no compound of values either.
        None if plan.more.grouping.is_some()
            || (plan.more.select.is_some() && (plan.distinct || !plan.more.members.is_empty())) =>
        {
            Vec::new()
        }
        None => {
            let column = |term: &crate::meta::OrderingMeta| {
                let column = plan.meta.columns.get(term.column)?;
                let node = Node::leaf(NodeKind::Column(Path::default(), column));
                Some(OrderNode { node, descending: term.descending, nulls: None })
            };
            plan.meta.ordering.iter().filter_map(column).collect()
        }
    };
    if plan.reversed { order.into_iter().map(OrderNode::turned).collect() } else { order }
}

/// A select in a FROM clause.
pub(super) fn from(select: Select, alias: Alias) -> Source {
    Source { join: Join::Inner, table: TableRef::Select(Box::new(select)), alias, on: None }
}

/// A query whose conditions are on its window functions: they see its rows from outside.
fn conditions_around(mut inner: Select, conditions: Vec<Expr>, alias: Alias) -> Select {
    let width = inner.columns.len();
    let order = std::mem::take(&mut inner.order);
    let (distinct, limit, offset) = (inner.distinct, inner.limit.take(), inner.offset.take());
    inner.distinct = false;
    inner.named = true;
    let mut outside = |expr: Expr| {
        inner.columns.push(expr);
        Expr::column(&alias, format!("c{}", inner.columns.len() - 1))
    };
    let filter = conditions.into_iter().map(&mut outside).collect();
    let order = order.into_iter().map(|term| OrderTerm { expr: outside(term.expr), ..term }).collect();
    Select {
        distinct,
        columns: (0..width).map(|column| Expr::column(&alias, format!("c{column}"))).collect(),
        from: vec![from(inner, alias)],
        filter,
        order,
        limit,
        offset,
        ..Select::default()
    }
}
