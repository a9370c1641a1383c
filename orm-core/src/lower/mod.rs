//! From a plan to a statement: every path gets its table, every column its alias. Pure.
//!
//! | in the plan | in the statement |
//! |---|---|
//! | a column behind foreign keys | LEFT JOIN: no row is lost, whatever its key |
//! | only the key of a related row | this side's column, no JOIN |
//! | a condition behind a to-many relation | EXISTS: parents are never repeated |
//! | `exclude` and `!` | `IS NOT TRUE`, NOT EXISTS: NULL counts as false |
//! | a column behind a to-many relation in `values_list` | LEFT JOIN: a row for each related row |

mod aggregate;
mod condition;
mod date;
mod paths;
mod period;
mod value;

use std::collections::HashSet;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::group::{Layout, Loader};
use crate::meta::{ModelMeta, RelationMeta};
use crate::plan::{OrderNode, Path, Plan};
use crate::statement::{Alias, Delete, Expr, OrderTerm, Select, Source, Statement, TableRef, Update};

/// A query on a model, lowered.
pub(crate) struct Lowered {
    pub(crate) statement: Statement,
    /// The model's own columns.
    pub(crate) layout: Layout,
    /// The models joined to it, each with what is joined to that.
    pub(crate) joins: Vec<JoinNode>,
    /// The alias of the query's table.
    pub(crate) alias: Alias,
    /// No row can be in it: no statement is needed to find that out.
    pub(crate) empty: bool,
}

/// A model that comes with the row by JOIN.
pub(crate) struct JoinNode {
    pub(crate) relation: &'static RelationMeta,
    pub(crate) loader: &'static dyn Loader,
    pub(crate) layout: Layout,
    pub(crate) children: Vec<JoinNode>,
}

/// What a lowering has made so far. A plan is a context; each EXISTS in it is a frame.
struct Lowerer {
    contexts: Vec<Context>,
    names: HashSet<String>,
}

struct Context {
    frames: Vec<Frame>,
    /// Of a plan whose rows are grouped: what an aggregate over a relation has to ask again.
    group: Option<Arc<aggregate::Group>>,
    /// In the frames before this one, the related rows behind a to-many relation are not seen: they are those of the
    /// scope around a `!` or `^`.
    hidden: usize,
}

/// One SELECT that is being made: its tables, and which path each of them stands for.
#[derive(Default)]
struct Frame {
    from: Vec<Source>,
    bound: Vec<Bound>,
}

struct Bound {
    path: Path,
    /// The table between the two models of a many-to-many relation, and not the target's own.
    is_through: bool,
    alias: Alias,
    meta: &'static ModelMeta,
    /// Joined by LEFT JOIN, or behind one: whatever hangs on it has to be too.
    is_left: bool,
}

/// A query that selects its model, what is joined to it, or the plan's own selection.
pub(crate) fn select(plan: &Plan) -> Result<Lowered> {
    check(plan)?;
    let mut lowerer = Lowerer::new();
    let alias = lowerer.begin(plan.meta);
    if plan.grouping.is_some() {
        lowerer.current()?.group = Some(Arc::new(aggregate::Group::new(plan)));
    }
    let mut joins = Vec::new();
    let mut layout = Layout::default();
    let columns = match &plan.select {
        Some(nodes) => {
            let mut columns = Vec::with_capacity(nodes.len());
            for node in nodes {
                lowerer.open_many(node)?;
                columns.push(lowerer.value(node)?);
            }
            columns
        }
        None => {
            layout.omitted = plan.omitted(&Path::default(), plan.meta);
            let mut columns = Vec::with_capacity(plan.meta.columns.len());
            lowerer.model_columns(plan.meta, &alias, &layout, &mut columns);
            for node in &plan.annotations {
                columns.push(lowerer.value(node)?);
            }
            for path in &plan.joins {
                lowerer.join_tree(plan, path, &mut joins, &mut columns)?;
            }
            columns
        }
    };
    let mut filter = Vec::new();
    let mut having = Vec::new();
    let mut spoken: Vec<Path> = Vec::new();
    for (number, node) in plan.filters.iter().enumerate() {
        // The selection may have joined related rows. The first filter that speaks of them speaks of those; further
        // filters, of any.
        lowerer.current()?.hidden = 0;
        let mut paths = Vec::new();
        selected_many(node, &mut paths);
        let again = paths.iter().any(|path| spoken.contains(path));
        if again {
            let context = lowerer.current()?;
            context.hidden = context.frames.len();
        }
        spoken.extend(paths);
        let of_groups = plan.grouping.is_some_and(|grouping| number >= grouping.filters) && node.has_aggregate();
        match lowerer.scope(node)? {
            Expr::And(all) if !of_groups => filter.extend(all),
            one => if of_groups { &mut having } else { &mut filter }.push(one),
        }
    }
    lowerer.current()?.hidden = 0;
    let order = lowerer.order(plan)?;
    let empty = plan.empty || plan.limit == Some(0) || filter.iter().any(Expr::is_false);
    let select = Select {
        distinct: plan.distinct,
        columns,
        from: lowerer.end(),
        filter,
        group: plan.grouping.map(|grouping| grouping.keys),
        having,
        order,
        limit: plan.limit,
        offset: plan.offset,
        ..Select::default()
    };
    Ok(Lowered { statement: Statement::Select(select), layout, joins, alias, empty })
}

/// `SELECT count(*)`, over a subquery where rows are cut off or merged. None where there can be no row.
pub(crate) fn count(plan: &Plan) -> Result<Option<Statement>> {
    let mut plan = plan.clone();
    plan.joins.clear();
    plan.annotations.clear();
    if plan.distinct || plan.is_sliced() || plan.grouping.is_some() {
        let lowered = select(&plan)?;
        let Statement::Select(inner) = lowered.statement else { return Err(internal()) };
        return Ok((!lowered.empty).then_some(Statement::Select(Select {
            columns: vec![Expr::CountAll],
            from: vec![Source {
                join: crate::statement::Join::Inner,
                table: TableRef::Select(Box::new(inner)),
                alias: "counted".into(),
                on: None,
            }],
            ..Select::default()
        })));
    }
    plan.order = Some(Vec::new());
    one_column(&plan, Expr::CountAll)
}

/// `SELECT 1 .. LIMIT 1`. None where there can be no row.
pub(crate) fn exists(plan: &Plan) -> Result<Option<Statement>> {
    let mut plan = plan.clone();
    plan.joins.clear();
    plan.annotations.clear();
    if !plan.is_sliced() {
        plan.order = Some(Vec::new());
    }
    plan.distinct = false;
    plan.limit = Some(plan.limit.unwrap_or(1).min(1));
    one_column(&plan, Expr::One)
}

/// The plan with one constant column in place of its own.
fn one_column(plan: &Plan, column: Expr) -> Result<Option<Statement>> {
    let lowered = select(plan)?;
    let Statement::Select(mut select) = lowered.statement else { return Err(internal()) };
    // Groups are there only with what they are grouped by.
    if plan.grouping.is_none() {
        select.columns = vec![column];
    }
    Ok((!lowered.empty).then_some(Statement::Select(select)))
}

/// `UPDATE .. SET .. WHERE`; with joins or a limit, `WHERE key IN (SELECT ..)`. None where no row can be meant.
pub(crate) fn update(plan: &Plan, set: &[(crate::plan::Node, crate::plan::Node)]) -> Result<Option<Statement>> {
    let mut lowerer = Lowerer::new();
    lowerer.begin(plan.meta);
    let mut assignments = Vec::with_capacity(set.len());
    for (column, value) in set {
        let column = value::own_column(column).ok_or_else(|| Error::misuse("only a model's own column can be set"))?;
        assignments.push((column, lowerer.value(value)?));
    }
    if lowerer.end().len() > 1 {
        return Err(Error::misuse(format!(
            "`update` of `{}` cannot read a column of a related row: use a subquery",
            plan.meta.name
        )));
    }
    let filter = own_filter(plan)?;
    Ok(filter.map(|filter| Statement::Update(Update { table: plan.meta.table, set: assignments, filter })))
}

/// `DELETE .. WHERE`; with joins or a limit, `WHERE key IN (SELECT ..)`. None where no row can be meant.
pub(crate) fn delete(plan: &Plan) -> Result<Option<Statement>> {
    Ok(own_filter(plan)?.map(|filter| Statement::Delete(Delete { table: plan.meta.table, filter })))
}

fn check(plan: &Plan) -> Result<()> {
    match plan.misuse {
        Some(misuse) => Err(Error::misuse(format!("`{}` queryset: {misuse}", plan.meta.name))),
        None => Ok(()),
    }
}

/// The conditions of a statement that has no FROM clause of its own; none where no row can satisfy them.
fn own_filter(plan: &Plan) -> Result<Option<Vec<Expr>>> {
    check(plan)?;
    let mut lowerer = Lowerer::new();
    lowerer.begin(plan.meta);
    let filter = lowerer.filters(plan)?;
    let joined = lowerer.end().len() > 1;
    if plan.empty || filter.iter().any(Expr::is_false) {
        return Ok(None);
    }
    if !joined && !plan.is_sliced() {
        return Ok(Some(filter));
    }
    let mut inner = plan.clone();
    inner.joins.clear();
    inner.select = Some(vec![crate::plan::Node::new(crate::plan::NodeKind::RowKey(Path::default()))]);
    let Statement::Select(select) = select(&inner)?.statement else { return Err(internal()) };
    Ok(Some(vec![Expr::InSelect(Box::new(Expr::own(plan.meta.key_column())), Box::new(select))]))
}

/// The to-many relations a condition speaks of, each up to its first hop.
fn selected_many(node: &crate::plan::Node, paths: &mut Vec<Path>) {
    if let Some(path) = node.path() {
        let first =
            path.prefixes().into_iter().find(|prefix| prefix.last().is_some_and(|hop| !hop.relation.is_to_one()));
        paths.extend(first);
    }
    node.each_child(&mut |child| selected_many(child, paths));
}

/// A state that no plan leads to.
fn internal() -> Error {
    Error::misuse("a query was lowered to something that is no query")
}

impl Lowerer {
    fn new() -> Self {
        Lowerer { contexts: Vec::new(), names: HashSet::new() }
    }

    /// Opens a plan: its table is the first of a new context.
    fn begin(&mut self, meta: &'static ModelMeta) -> Alias {
        let alias = self.fresh(meta.table);
        let mut frame = Frame::default();
        frame.from.push(Source::first(meta.table, alias.clone()));
        frame.bind(Path::default(), meta, &alias, false);
        self.contexts.push(Context { frames: vec![frame], group: None, hidden: 0 });
        alias
    }

    /// Closes a plan: its tables.
    fn end(&mut self) -> Vec<Source> {
        let mut context = self.contexts.pop();
        context.as_mut().and_then(|context| context.frames.pop()).map(|frame| frame.from).unwrap_or_default()
    }

    /// A name that no other table of the statement goes by.
    fn fresh(&mut self, name: &str) -> Alias {
        let mut candidate = name.to_owned();
        let mut number = 2;
        while !self.names.insert(candidate.clone()) {
            candidate = format!("{name}_{number}");
            number += 1;
        }
        candidate.into()
    }

    fn model_columns(&self, meta: &'static ModelMeta, alias: &Alias, layout: &Layout, columns: &mut Vec<Expr>) {
        for column in meta.columns {
            if !column.deferred.is_some_and(|slot| layout.omitted.contains(&slot)) {
                columns.push(Expr::column(alias, column.column));
            }
        }
    }

    /// Joins a path and every prefix of it, once, and selects the columns of each.
    fn join_tree(
        &mut self,
        plan: &Plan,
        path: &Path,
        joins: &mut Vec<JoinNode>,
        columns: &mut Vec<Expr>,
    ) -> Result<()> {
        let mut level = joins;
        for prefix in path.prefixes() {
            let Some(hop) = prefix.last() else { continue };
            let known = level.iter().position(|node| std::ptr::eq(node.relation, hop.relation));
            let at = match known {
                Some(at) => at,
                None => {
                    let meta = hop.relation.target();
                    let (alias, _) = self.table(&prefix)?;
                    let layout = Layout { offset: columns.len(), omitted: plan.omitted(&prefix, meta) };
                    self.model_columns(meta, &alias, &layout, columns);
                    level.push(JoinNode { relation: hop.relation, loader: hop.loader, layout, children: Vec::new() });
                    level.len() - 1
                }
            };
            match level.get_mut(at) {
                Some(node) => level = &mut node.children,
                None => return Err(internal()),
            }
        }
        Ok(())
    }

    fn filters(&mut self, plan: &Plan) -> Result<Vec<Expr>> {
        let mut filter = Vec::with_capacity(plan.filters.len());
        for node in &plan.filters {
            match self.scope(node)? {
                Expr::And(all) => filter.extend(all),
                one => filter.push(one),
            }
        }
        Ok(filter)
    }

    fn order(&mut self, plan: &Plan) -> Result<Vec<OrderTerm>> {
        let mut terms = Vec::new();
        match &plan.order {
            Some(order) => {
                for OrderNode { node, descending, nulls } in order {
                    terms.push(OrderTerm { expr: self.value(node)?, descending: *descending, nulls: *nulls });
                }
            }
            // An order that nobody asked for never splits groups.
            None if plan.grouping.is_none() && (plan.select.is_none() || !plan.distinct) => {
                for term in plan.meta.ordering {
                    if let Some(column) = plan.meta.columns.get(term.column) {
                        let expr = self.column(&Path::default(), column)?;
                        terms.push(OrderTerm { expr, descending: term.descending, nulls: None });
                    }
                }
            }
            None => {}
        }
        if plan.reversed {
            for term in &mut terms {
                term.descending = !term.descending;
                term.nulls = term.nulls.map(crate::statement::Nulls::flipped);
            }
        }
        Ok(terms)
    }
}

impl Frame {
    fn bind(&mut self, path: Path, meta: &'static ModelMeta, alias: &Alias, is_left: bool) {
        self.bound.push(Bound { path, is_through: false, alias: alias.clone(), meta, is_left });
    }
}
