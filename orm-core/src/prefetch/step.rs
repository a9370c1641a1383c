//! One relation, one statement: which keys are asked for, what SQL that is, and where the rows go.
//!
//! | relation | statement |
//! |---|---|
//! | ForeignKey | `SELECT target FROM keys CROSS JOIN target ON target's key = value` |
//! | HasOne, HasMany | `SELECT target FROM keys CROSS JOIN target ON foreign key = value` |
//! | ManyToMany | `SELECT target, link FROM keys CROSS JOIN through ON link = value CROSS JOIN target` |
//!
//! The keys are one bind, so the text is the same for one parent and for a million. They are distinct and sorted: SQLite
//! walks along the index, and the rows come parent by parent. With a condition besides it is `link IN (keys)`, and SQLite
//! chooses what to begin with. Where the schema speaks of collations, keys that are texts are selected as well: a row may
//! have its parent's key in another spelling.
//!
//! The children of all rows of a table are all rows of theirs, where each has to have a parent: they are read through,
//! without keys, which for many rows is several times as fast as looking up each. Rows that came in the meantime belong to
//! nobody, and are passed over. So that there are not many of them, it is done as long as the rows were read just now.
//!
//! With a limit, the first rows of a HasMany are found parent by parent where there is an index for that,
//! `target's key IN (SELECT key .. LIMIT n)`. Where that cannot be said of the rows of one table, the statement numbers
//! the rows of each parent and keeps the first.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use smallvec::smallvec;

use super::tree::Branch;
use super::{Joined, Rows, Run, level, levels, tell_columns};
use crate::db::{About, By, Connection, EagerLoad, How, Row, Watch};
use crate::error::{Error, Result};
use crate::group::{Cell, Group, Instance};
use crate::lower::{self, no_link};
use crate::meta::{ModelMeta, RelationKind};
use crate::model::{decode_into, decode_key};
use crate::plan::{Node, NodeKind, Plan};
use crate::sql;
use crate::statement::{Alias, Expr, Join, OrderTerm, Select, Source, Statement, TableRef, WindowFunction};
use crate::value::{Bind, KeyMap, KeyRef};

/// The parents of a step: each key once, and the cells that wait for it.
pub(super) struct Parents<'a> {
    pub(super) keys: KeyMap,
    pub(super) binds: Vec<Bind<'static>>,
    pub(super) waiting: Vec<(Cell<'a>, u32)>,
    /// Rows that handles have already: they are not loaded again, and what hangs on them is.
    pub(super) known: Vec<&'a dyn Instance>,
}

impl<'a> Parents<'a> {
    fn with_capacity(rows: usize) -> Self {
        Parents { keys: KeyMap::default(), binds: Vec::new(), waiting: Vec::with_capacity(rows), known: Vec::new() }
    }

    /// The parents among some rows in hand.
    pub(super) fn of_rows(rows: &[&'a dyn Instance], branch: &Branch) -> Result<Self> {
        let relation = branch.relation;
        let mut parents = Parents::with_capacity(rows.len());
        for row in rows {
            let Some(handle) = row.handle(branch.slot.unwrap_or(relation.slot)) else { continue };
            let Some(place) = handle.place else { continue };
            let is_known = match relation.is_to_one() {
                true => branch.loader.loaded_one(place).map(|row| parents.known.extend(row)),
                false => branch.loader.loaded_many(place).map(|rows| parents.known.extend(rows)),
            };
            if is_known.is_some() {
                if branch.slot.is_some() {
                    let what = "its slot is filled already, and what was handed out of it cannot be replaced";
                    return Err(Error::PrefetchConflict { relation: relation.full_name(), what });
                }
                continue;
            }
            let key = match relation.kind {
                RelationKind::ForeignKey { .. } => handle.key,
                // What its relations load is said by the key it was read with, which the row may have changed since.
                _ => Some(place.key().unwrap_or_else(|| row.key_ref())),
            };
            if let Some(key) = key {
                parents.wait(place.cell(), key);
            }
        }
        Ok(parents)
    }

    /// The parents among the rows of a group, by what the group knows of them.
    pub(super) fn of_group(group: &'a Group, rows: Range<usize>, branch: &Branch) -> Self {
        let slot = branch.relation.slot;
        let to_one = branch.relation.is_to_one();
        let column = match branch.relation.kind {
            RelationKind::ForeignKey { .. } => group.column(slot),
            _ => Some(0),
        };
        let mut parents = Parents::with_capacity(rows.len());
        for row in rows {
            let number = u32::try_from(row).unwrap_or(u32::MAX);
            let loader = branch.loader;
            if if to_one { loader.has_one(group, slot, number) } else { loader.has_many(group, slot, number) } {
                continue;
            }
            if let Some(key) = column.and_then(|column| group.key_in(column, row)) {
                parents.wait(Cell { group, slot, row: number }, key);
            }
        }
        parents
    }

    fn wait(&mut self, cell: Cell<'a>, key: KeyRef<'_>) {
        let next = u32::try_from(self.binds.len()).unwrap_or(u32::MAX);
        let (number, is_new) = self.keys.number(key, next);
        if is_new {
            self.binds.push(key.bind().into_owned());
        }
        self.waiting.push((cell, number));
    }
}

/// Loads one relation for some parents, and what hangs on it.
pub(super) fn run(run: Run<'_>, parents: Parents<'_>, branch: &Branch) -> Result<()> {
    let Parents { mut keys, binds, waiting, known } = parents;
    let Some((first, _)) = waiting.first() else { return level(run.below(), &known, &[], &branch.children) };
    let meta = branch.relation.target();
    let wanted = binds.len();
    let all = first.group.is_all(wanted);
    let Step { select, link, lowered, whole, by_table } =
        statement(branch, first.group.meta(), binds, all, run.connection)?;
    let sql = sql::compile(&Statement::Select(select));
    let watch = watch_of(run, first.group)
        .map(|watch| watch.child(branch.relation, slot_name(branch, first.group).map_or(By::Batch, By::Slot)));
    let mut joined = Joined::new(&lowered.joins, run.home, watch.as_deref());
    let group = Group::open_of(meta, run.home, whole, watch);
    let to_one = branch.relation.is_to_one();
    let mut sink = if to_one { branch.loader.ones() } else { branch.loader.many(wanted) };
    // For a relation to one row: the number of the row of each key.
    let mut found: Vec<Option<u32>> = vec![None; if to_one { wanted } else { 0 }];
    // Whose rows cannot be read, and why.
    let mut refused: HashSet<usize> = HashSet::new();
    let mut refusal = Ok(());
    let read = |row: Row<'_>| {
        let key = match decode_key(row, link, meta, &lowered.layout) {
            Ok(key) => key,
            // Without keys, a row comes too whose link is no key at all: it belongs to nobody.
            Err(_) if by_table => return Ok(()),
            Err(error) => return Err(error),
        };
        let Some(parent) = key.and_then(|key| keys.get(key)).map(|parent| parent as usize) else { return Ok(()) };
        if found.get(parent).is_some_and(Option::is_some) {
            return Ok(());
        }
        let number = match decode_into(&mut *sink, row, meta, &lowered.layout, &group, parent) {
            Ok(number) => number,
            // A first access asks for its peers as well, who are not refused for each other's rows.
            Err(error) if !run.eager => {
                refused.insert(parent);
                refusal = Err(error);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if let Some(found) = found.get_mut(parent) {
            *found = Some(number);
        }
        joined.iter_mut().try_for_each(|join| join.row(row))
    };
    if !lowered.empty {
        run.connection.batch(&sql, About { meta, at: run.at }, read)?;
    }
    sink.seal(&group);
    Joined::finish(&mut joined, &group);
    // Each cell gets what belongs to its key: repeated parents share, parents without rows get none.
    for (cell, key) in waiting.iter().filter(|(_, key)| !refused.contains(&(*key as usize))) {
        match to_one {
            true => sink.fill_one(*cell, found.get(*key as usize).copied().flatten()),
            false => sink.fill_many(branch.slot.map_or(*cell, |slot| Cell { slot, ..*cell }), *key),
        }
    }
    if run.eager {
        tell(run, &waiting, branch);
        tell_columns(run.connection.database(), &group, &joined, &lowered.layout);
    }
    refusal?;
    // What was known already and what is new go on together.
    let new = Rows { rows: &sink.instances(), joined: &joined };
    levels(run.below(), &[new, Rows { rows: &known, joined: &[] }], &branch.children)
}

fn slot_name(branch: &Branch, owner: &Group) -> Option<&'static str> {
    owner.meta()?.slot_names.get(branch.slot?).copied()
}

/// The watch of the rows that something is prefetched for.
pub(super) fn watch_of(run: Run<'_>, group: &Group) -> Option<Arc<Watch>> {
    let watch = group.watch()?;
    Some(run.in_hand.map_or_else(|| Arc::clone(watch), |hand| watch.in_hand(hand, run.at)))
}

/// Tells the report what was prefetched, once for each group that it was prefetched for.
pub(super) fn tell(run: Run<'_>, waiting: &[(Cell<'_>, u32)], branch: &Branch) {
    let mut last: Option<&Group> = None;
    for (cell, _) in waiting {
        if last.is_some_and(|last| std::ptr::eq(last, cell.group)) {
            continue;
        }
        last = Some(cell.group);
        if let (Some(watch), Some(meta)) = (watch_of(run, cell.group), cell.group.meta()) {
            let slot = branch.slot.unwrap_or(branch.relation.slot);
            let how = if branch.slot.is_some() { How::Slot } else { How::Prefetch };
            let load = EagerLoad { watch, meta, slot, how, rows: waiting.len() };
            run.connection.database().saw_eager(&load);
        }
    }
}

pub(super) struct Step {
    pub(super) select: Select,
    /// Where the key stands that says which parent a row belongs to.
    pub(super) link: usize,
    pub(super) lowered: lower::Lowered,
    /// Whether every row of its table is a row of this.
    pub(super) whole: bool,
    /// Whether the table is read through, and no keys are asked for.
    pub(super) by_table: bool,
}

/// The statement for these keys, of which there are `all` that the owner's table has.
pub(super) fn statement(
    branch: &Branch,
    owner: Option<&'static ModelMeta>,
    mut keys: Vec<Bind<'static>>,
    all: bool,
    connection: &Connection<'_>,
) -> Result<Step> {
    let relation = branch.relation;
    let meta = relation.target();
    let mut plan = branch.plan.clone();
    let (limit, offset) = (plan.limit.take(), plan.offset.take());
    close(&mut plan);
    let mut lowered = lower::select(&plan)?;
    let Statement::Select(select) = &mut lowered.statement else { return Err(no_link(relation)) };
    let mut select = std::mem::take(select);
    let alias = lowered.alias.clone();
    let is_text = matches!(keys.first(), Some(Bind::Text(_)));
    // A collation may find a text by another spelling: which of the keys it was is what they say themselves.
    let is_collated = is_text && connection.has_collations()?;
    // Looking up each key is the least there is to do. Where there is a condition, it may be better to begin with that.
    let is_plain = branch.depth.is_none() && select.filter.is_empty();
    let by_keys = is_plain || branch.depth.is_none() && is_collated;
    let of_one_table = is_plain && !select.distinct && select.from.len() == 1;
    let is_cut = limit.is_some() || offset.is_some();
    let key = lower::key_columns(meta, &alias);
    if is_cut {
        // Rows that are equal in the order are cut off by their key, the same each time.
        select.order.extend(key.iter().map(|key| OrderTerm { expr: key.clone(), descending: false, nulls: None }));
    }
    let position = |column: &str| {
        let column = meta.columns.iter().position(|meta| meta.column == column)?;
        lowered.layout.position(meta, column)
    };
    // Whether each row has its parent among all parents: then what is in the table is what is looked for.
    let mut is_complete = relation.via().is_some_and(|via| !via.is_optional());
    let (link, column) = match &relation.kind {
        RelationKind::ForeignKey { .. } => {
            let column = meta.key_column();
            (position(column), Expr::column(&alias, column))
        }
        RelationKind::HasMany { .. } | RelationKind::HasOne { .. } => {
            let column = relation.via_column().ok_or_else(|| no_link(relation))?;
            (position(column), Expr::column(&alias, column))
        }
        RelationKind::ManyToMany(_) => {
            let through = owner.and_then(|owner| relation.through(owner)).ok_or_else(|| no_link(relation))?;
            is_complete = through.complete;
            let link: Alias = format!("{}__link", through.table).into();
            let on = Expr::eq(Expr::column(&alias, meta.key_column()), Expr::column(&link, through.to.name()));
            let column = Expr::column(&link, through.from.name());
            select.columns.push(column.clone());
            let source = Source::first(through.table, link);
            if by_keys {
                follow(&mut select.from, source, on);
            } else {
                select.from.push(Source { on: Some(on), ..source });
            }
            (Some(select.columns.len() - 1), column)
        }
    };
    let mut link = link.ok_or_else(|| no_link(relation))?;
    if all && is_plain && !is_cut && is_complete && !is_collated {
        let whole = relation.is_link();
        return Ok(Step { select, link, lowered, whole, by_table: true });
    }
    keys.sort_unstable_by(|a, b| KeyRef::of_bind(a).cmp(&KeyRef::of_bind(b)));
    let keys = Expr::Bind(Bind::Array(Arc::new(keys)));
    // Without an index, each parent would be a walk through the table.
    let by_parent = match relation.via_column().filter(|_| is_cut && of_one_table) {
        Some(column) => column == meta.key_column() || connection.has_index(meta.table, column)?,
        None => false,
    };
    if by_keys {
        let parents: Alias = format!("{}__keys", meta.table).into();
        let mut on = Expr::eq(column.clone(), Expr::column(&parents, "value"));
        if by_parent {
            let (from, order) = (vec![Source::first(meta.table, alias.clone())], select.order.clone());
            let first =
                Select { columns: key.clone(), from, filter: vec![on], order, limit, offset, ..Select::default() };
            on = Expr::InSelect(Box::new(lower::row(key)), Box::new(first));
        }
        if is_collated {
            select.columns.push(Expr::column(&parents, "value"));
            link = select.columns.len() - 1;
        }
        let keys = Source { join: Join::Inner, table: TableRef::Array(keys), alias: parents, on: None };
        follow(&mut select.from, keys, on);
    } else {
        select.filter.push(Expr::InArray(Box::new(column.clone()), Box::new(keys)));
    }
    if is_cut && !by_parent {
        select = first_of_each(select, column, limit, offset.unwrap_or(0));
    }
    Ok(Step { select, link, lowered, whole: false, by_table: false })
}

/// Puts a table before the others, which are looked up for each of its rows.
fn follow(from: &mut Vec<Source>, source: Source, on: Expr) {
    if let Some(first) = from.first_mut() {
        (first.join, first.on) = (Join::Cross, Some(on));
    }
    from.insert(0, source);
}

/// A query to which no condition and no column can be added becomes one of the rows whose keys it has.
fn close(plan: &mut Plan) {
    if plan.more.members.is_empty() && !plan.filters_windows() {
        return;
    }
    let rows = Plan { order: Some(Vec::new()), ..plan.keys_only() };
    plan.more.members.clear();
    plan.filters = smallvec![Node::new(NodeKind::InQuery(Node::own_key(), Box::new(rows)))];
}

/// The first rows of each parent: numbered inside, cut outside.
fn first_of_each(mut inner: Select, link: Expr, limit: Option<u64>, offset: u64) -> Select {
    let width = inner.columns.len();
    let order = std::mem::take(&mut inner.order);
    // Rows that are merged have one number: they are equal in the order, which ends with their key.
    let function = if inner.distinct { WindowFunction::DenseRank } else { WindowFunction::RowNumber };
    inner.columns.push(Expr::Window {
        function: Box::new(Expr::WindowCall(function, Vec::new())),
        partition: vec![link],
        order,
        frame: None,
    });
    inner.named = true;
    let alias: Alias = "numbered".into();
    let number = Expr::column(&alias, format!("c{width}"));
    let count = |count: u64| Expr::Bind(Bind::Integer(i64::try_from(count).unwrap_or(i64::MAX)));
    let last = limit.map_or(u64::MAX, |limit| offset.saturating_add(limit));
    Select {
        columns: (0..width).map(|column| Expr::column(&alias, format!("c{column}"))).collect(),
        from: vec![Source { join: Join::Inner, table: TableRef::Select(Box::new(inner)), alias, on: None }],
        filter: vec![Expr::Between(
            Box::new(number.clone()),
            Box::new(count(offset.saturating_add(1))),
            Box::new(count(last)),
        )],
        order: vec![OrderTerm { expr: number, descending: false, nulls: None }],
        ..Select::default()
    }
}
