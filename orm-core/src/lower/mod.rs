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
mod groups;
mod key;
mod keyset;
mod paths;
mod period;
mod query;
mod shape;
mod tree;
mod value;

pub(crate) use key::{key_columns, key_of, own_key_in, row};
use std::collections::HashSet;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::group::{Layout, Loader};
use crate::meta::{ModelMeta, RelationMeta};
use crate::plan::{Node, NodeKind, Path, Plan, Root};
use crate::statement::{Alias, ColumnName, Delete, Expr, Operator, Select, Source, Statement, Update};
pub(crate) use groups::over_groups;
pub(crate) use keyset::total_order;
pub(crate) use paths::no_link;
use query::{Purpose, Query};
pub(crate) use shape::Text;
pub(crate) use shape::{Binds, Compiled, Single, by_key, compile, compile_count, compile_exists, text_of};
use smallvec::SmallVec;

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
    /// How many columns a row has.
    pub(crate) width: usize,
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
    /// Where the paths of its plan begin.
    roots: SmallVec<[Root; 2]>,
    /// Of a plan whose rows are grouped: what an aggregate over a relation has to ask again.
    group: Option<Arc<aggregate::Group>>,
    /// In the frames before this one, the related rows behind a to-many relation are not seen: they are those of the
    /// scope around a `!` or `^`.
    hidden: usize,
    /// Inside an aggregate over joined rows: every condition, also behind a `!` or in a `case`, is one on such a row.
    of_row: bool,
    /// Its rows are the groups of a query in its FROM clause, which has what the aggregates over them need.
    groups: Option<groups::Groups>,
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
    let Query { select, layout, joins, alias, empty, width } = Lowerer::new().query(plan, Purpose::Rows)?;
    Ok(Lowered { statement: Statement::Select(select), layout, joins, alias, empty, width })
}

/// `SELECT count(*)`, over a subquery where rows are cut off or merged. None where there can be no row.
pub(crate) fn count(plan: &Plan) -> Result<Option<Statement>> {
    let mut plan = plan.clone();
    plan.more.joins.clear();
    plan.more.annotations.clear();
    plan.without_order();
    let is_whole = plan.distinct || plan.is_closed() || plan.more.grouping.is_some();
    one_column(&plan, Expr::CountAll, is_whole)
}

/// `SELECT 1 .. LIMIT 1`. None where there can be no row.
pub(crate) fn exists(plan: &Plan) -> Result<Option<Statement>> {
    let mut plan = plan.clone();
    plan.more.joins.clear();
    plan.more.annotations.clear();
    plan.without_order();
    plan.distinct = false;
    plan.limit = Some(plan.limit.unwrap_or(1).min(1));
    // Groups are there only with what they are grouped by.
    let is_whole = plan.more.grouping.is_some() || !plan.more.members.is_empty();
    one_column(&plan, Expr::One, is_whole)
}

/// The plan with one constant column: in place of its own, or around the whole of it.
fn one_column(plan: &Plan, column: Expr, is_whole: bool) -> Result<Option<Statement>> {
    let mut lowerer = Lowerer::new();
    let Query { mut select, empty, .. } = lowerer.query(plan, Purpose::Rows)?;
    if is_whole {
        let alias = lowerer.fresh("counted");
        select = Select { columns: vec![column], from: vec![query::from(select, alias)], ..Select::default() };
    } else {
        select.columns = vec![column];
    }
    Ok((!empty).then_some(Statement::Select(select)))
}

/// `UPDATE .. SET .. WHERE`; with joins or a limit, `WHERE key IN (SELECT ..)`. None where no row can be meant.
///
/// SQLite sets row by row. So what reads other rows, which may be written already, is read before anything is written:
/// `UPDATE .. SET .. FROM (SELECT key, values ..) WHERE key = ..`.
pub(crate) fn update(plan: &Plan, set: &[(Node, Node)]) -> Result<Option<Statement>> {
    let mut lowerer = Lowerer::new();
    lowerer.begin(plan);
    let alone = lowerer.names.len();
    let mut assignments = Vec::with_capacity(set.len());
    for (column, value) in set {
        assignments.push((set_column(column)?.into(), lowerer.value(value)?));
    }
    let reads_others = lowerer.names.len() > alone;
    assignments.extend(next_version(plan.meta));
    let filter = own_filter(plan)?;
    match filter {
        Some(_) if reads_others => update_from(plan, set).map(Some),
        filter => Ok(filter.map(|filter| {
            let (table, set) = (plan.meta.table, assignments);
            Statement::Update(Update { table, set, from: None, filter, returning: Vec::new() })
        })),
    }
}

/// The column that is set.
fn set_column(node: &Node) -> Result<&'static str> {
    value::own_column(node).ok_or_else(|| Error::misuse("only a model's own column can be set"))
}

/// An update whose values are those of a query, which finds the rows as well.
fn update_from(plan: &Plan, set: &[(Node, Node)]) -> Result<Statement> {
    let mut rows = plan.keys_only();
    let keys = plan.meta.key_columns().map(|key| Node::leaf(NodeKind::Column(Path::default(), key)));
    let values: Vec<Node> = keys.chain(set.iter().map(|(_, value)| value.clone())).collect();
    rows.selecting(&values);
    rows.without_order();
    let mut lowerer = Lowerer::new();
    let (table, alias) = (lowerer.fresh(plan.meta.table), lowerer.fresh("old"));
    let Query { mut select, .. } = lowerer.query(&rows, Purpose::Rows)?;
    select.named = true;
    let value = |number: usize| Expr::column(&alias, format!("c{number}"));
    let filter = plan.meta.key_columns().enumerate();
    let filter: Vec<Expr> =
        filter.map(|(number, key)| Expr::eq(Expr::column(&table, key.column), value(number))).collect();
    let mut assignments = Vec::with_capacity(set.len());
    for (number, (column, _)) in set.iter().enumerate() {
        assignments.push((set_column(column)?.into(), value(filter.len() + number)));
    }
    // The query may have a column of the version's name.
    assignments.extend(plan.meta.version().map(|(_, version)| {
        let now = Expr::column(&table, version.column);
        (version.column.into(), Expr::binary(Operator::Add, now, Expr::One))
    }));
    let from = Some(query::from(select, alias));
    Ok(Statement::Update(Update { table: plan.meta.table, set: assignments, from, filter, returning: Vec::new() }))
}

/// What every UPDATE sets besides, of a model with a version: a row that was read before is stale then, whichever way it was
/// written since.
pub(crate) fn next_version(meta: &'static ModelMeta) -> Option<(ColumnName, Expr)> {
    let (_, version) = meta.version()?;
    Some((version.column.into(), Expr::binary(Operator::Add, Expr::own(version.column), Expr::One)))
}

/// `DELETE .. WHERE`; with joins or a limit, `WHERE key IN (SELECT ..)`. None where no row can be meant.
pub(crate) fn delete(plan: &Plan) -> Result<Option<Statement>> {
    Ok(own_filter(plan)?.map(|filter| Statement::Delete(Delete { table: plan.meta.table, filter })))
}

/// The keys of the rows of a plan. None where there can be no row.
pub(crate) fn keys(plan: &Plan) -> Result<Option<Statement>> {
    check(plan)?;
    let mut plan = plan.keys_only();
    plan.without_order();
    let Query { select, empty, .. } = Lowerer::new().query(&plan, Purpose::Values)?;
    Ok((!empty).then_some(Statement::Select(select)))
}

fn check(plan: &Plan) -> Result<()> {
    match plan.more.misuse {
        Some(misuse) => Err(Error::misuse(format!("`{}` queryset: {misuse}", plan.meta.name))),
        None => Ok(()),
    }
}

/// The conditions of a statement that has no FROM clause of its own; none where no row can satisfy them.
fn own_filter(plan: &Plan) -> Result<Option<Vec<Expr>>> {
    check(plan)?;
    let mut lowerer = Lowerer::new();
    if !plan.is_closed() && !plan.filters_windows() && plan.more.keyset.is_none() && plan.more.grouping.is_none() {
        lowerer.begin(plan);
        let filter = lowerer.filters(plan)?;
        let joined = lowerer.end().len() > 1;
        if plan.empty || filter.iter().any(Expr::is_false) {
            return Ok(None);
        }
        if !joined {
            return Ok(Some(filter));
        }
    }
    let Query { mut select, empty, .. } = Lowerer::new().query(&plan.keys_only(), Purpose::Values)?;
    let key = key::own_key(plan.meta, &mut select);
    Ok((!empty).then(|| vec![Expr::InSelect(Box::new(key), Box::new(select))]))
}

/// The to-many relations a condition speaks of, each up to its first hop.
fn selected_many(node: &Node, paths: &mut Vec<Path>) {
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
    fn begin(&mut self, plan: &Plan) -> Alias {
        let meta = plan.meta;
        let alias = self.fresh(meta.table);
        let mut frame = Frame::default();
        frame.from.push(Source::first(meta.table, alias.clone()));
        frame.bind(Path::default(), meta, &alias, false);
        self.contexts.push(Context::new(frame, plan.roots.clone()));
        alias
    }

    /// Closes a plan: its tables.
    fn end(&mut self) -> Vec<Source> {
        let mut context = self.contexts.pop();
        context.as_mut().and_then(|context| context.frames.pop()).map(|frame| frame.from).unwrap_or_default()
    }

    /// A name that no other table of the statement goes by. SQLite compares names without case.
    fn fresh(&mut self, name: &str) -> Alias {
        let mut candidate = name.to_owned();
        let mut number = 2;
        while !self.names.insert(candidate.to_ascii_lowercase()) {
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
}

impl Context {
    fn new(frame: Frame, roots: SmallVec<[Root; 2]>) -> Self {
        Context { frames: vec![frame], roots, group: None, hidden: 0, of_row: false, groups: None }
    }

    /// Whether a path that begins there is one of this plan.
    fn owns(&self, root: Root) -> bool {
        self.roots.contains(&root)
    }

    /// The model it is about.
    fn root(&self) -> Option<&'static ModelMeta> {
        self.frames.first()?.bound.first().map(|bound| bound.meta)
    }
}

impl Frame {
    fn bind(&mut self, path: Path, meta: &'static ModelMeta, alias: &Alias, is_left: bool) {
        self.bound.push(Bound { path, is_through: false, alias: alias.clone(), meta, is_left });
    }
}
