//! One relation, one statement: which keys are asked for, what SQL that is, and where the rows go.
//!
//! | relation | statement |
//! |---|---|
//! | ForeignKey | `SELECT target WHERE key IN (keys)` |
//! | HasOne, HasMany | `SELECT target WHERE foreign key IN (keys)` |
//! | ManyToMany | `SELECT target, link FROM target JOIN through WHERE link IN (keys)` |
//!
//! The keys are one bind, so the text is the same for one parent and for a million. With a limit, the statement numbers
//! the rows of each parent and keeps the first.

use std::sync::Arc;

use super::tree::Branch;
use super::{Joined, Run, level};
use crate::db::About;
use crate::error::{Error, Result};
use crate::group::{Cursor, Group, Instance, Place, Sink};
use crate::lower;
use crate::meta::{ModelMeta, RelationKind};
use crate::model::decode_error;
use crate::sql;
use crate::statement::{Expr, Join, OrderTerm, Select, Source, Statement, TableRef};
use crate::value::{Bind, KeyMap, KeyRef};

/// The parents of a step: each key once, and the handles that wait for it.
struct Parents<'a> {
    keys: KeyMap,
    binds: Vec<Bind<'static>>,
    waiting: Vec<(&'a Place, u32)>,
    /// Rows that handles have already: they are not loaded again, and what hangs on them is.
    known: Vec<&'a dyn Instance>,
}

/// Loads one relation for some rows, and what hangs on it.
pub(super) fn run(run: Run<'_>, rows: &[&dyn Instance], branch: &Branch) -> Result<()> {
    let parents = parents(rows, branch);
    level(run, &parents.known, &[], &branch.children)?;
    if parents.binds.is_empty() {
        return Ok(());
    }
    let meta = branch.relation.target();
    let Parents { mut keys, binds, waiting, .. } = parents;
    let wanted = binds.len();
    let Step { select, link, lowered } = statement(branch, rows, binds)?;
    let sql = sql::compile(&Statement::Select(select));
    let group = Group::new(meta, run.mode);
    let mut joined = Joined::new(&lowered.joins, run.mode);
    let to_one = branch.relation.is_to_one();
    let mut sink = if to_one { branch.loader.ones() } else { branch.loader.many(wanted) };
    // For a relation to one row: the number of the row of each key.
    let mut found: Vec<Option<u32>> = vec![None; if to_one { wanted } else { 0 }];
    run.connection.query(&sql, About { meta, at: run.at }, |row| {
        let key = row.datum(link).and_then(KeyRef::read);
        let key = key.map_err(|mismatch| decode_error(meta, &lowered.layout, link + 1, mismatch))?;
        let Some(parent) = key.and_then(|key| keys.get(key)) else { return Ok(()) };
        let number = u32::try_from(sink.len()).unwrap_or(u32::MAX);
        if let Some(found) = found.get_mut(parent as usize) {
            if found.is_some() {
                return Ok(());
            }
            *found = Some(number);
        }
        let mut cursor = Cursor::new(row, &lowered.layout, &group, number);
        sink.push(&mut cursor, parent as usize)
            .map_err(|mismatch| decode_error(meta, &lowered.layout, cursor.column(), mismatch))?;
        joined.iter_mut().try_for_each(|join| join.row(row))
    })?;
    sink.seal(&group);
    Joined::finish(&mut joined, &group);
    attach(&*sink, &waiting, to_one.then_some(&*found));
    level(run, &sink.instances(), &joined, &branch.children)
}

/// Gives each handle what belongs to its key. Repeated parents share, parents without rows get none.
fn attach(sink: &dyn Sink, waiting: &[(&Place, u32)], found: Option<&[Option<u32>]>) {
    for (place, key) in waiting {
        match found {
            Some(found) => sink.fill_one(place, found.get(*key as usize).copied().flatten()),
            None => sink.fill_many(place, *key),
        }
    }
}

fn parents<'a>(rows: &[&'a dyn Instance], branch: &Branch) -> Parents<'a> {
    let relation = branch.relation;
    let mut parents = Parents {
        keys: KeyMap::with_capacity(rows.len()),
        binds: Vec::new(),
        waiting: Vec::with_capacity(rows.len()),
        known: Vec::new(),
    };
    for row in rows {
        let Some(handle) = row.handle(branch.slot.unwrap_or(relation.slot)) else { continue };
        let Some(place) = handle.place else { continue };
        let is_known = match relation.is_to_one() {
            true => branch.loader.loaded_one(place).map(|row| parents.known.extend(row)),
            false => branch.loader.loaded_many(place).map(|rows| parents.known.extend(rows)),
        };
        if is_known.is_some() {
            continue;
        }
        let key = match relation.kind {
            RelationKind::ForeignKey { .. } => handle.key,
            _ => Some(row.key_ref()),
        };
        let Some(key) = key else { continue };
        let next = u32::try_from(parents.binds.len()).unwrap_or(u32::MAX);
        let (number, is_new) = parents.keys.number(key, next);
        if is_new {
            parents.binds.push(key.bind().into_owned());
        }
        parents.waiting.push((place, number));
    }
    parents
}

struct Step {
    select: Select,
    /// Where the key stands that says which parent a row belongs to.
    link: usize,
    lowered: lower::Lowered,
}

fn statement(branch: &Branch, rows: &[&dyn Instance], keys: Vec<Bind<'static>>) -> Result<Step> {
    let relation = branch.relation;
    let meta = relation.target();
    let mut plan = branch.plan.clone();
    let (limit, offset) = (plan.limit.take(), plan.offset.take());
    let mut lowered = lower::select(&plan)?;
    let Statement::Select(select) = &mut lowered.statement else { return Err(no_link(branch)) };
    let mut select = std::mem::take(select);
    let alias = lowered.alias.clone();
    let position = |column: &str| {
        let column = meta.columns.iter().position(|meta| meta.column == column)?;
        lowered.layout.position(meta, column)
    };
    let (link, column) = match &relation.kind {
        RelationKind::ForeignKey { .. } => {
            let column = meta.key_column();
            (position(column), Expr::column(&alias, column))
        }
        RelationKind::HasMany { .. } | RelationKind::HasOne { .. } => {
            let column = relation.via_column().ok_or_else(|| no_link(branch))?;
            (position(column), Expr::column(&alias, column))
        }
        RelationKind::ManyToMany(_) => {
            let owner = owner(rows, branch).ok_or_else(|| no_link(branch))?;
            let through = relation.through(owner).ok_or_else(|| no_link(branch))?;
            let link: crate::statement::Alias = format!("{}__link", through.table).into();
            select.from.push(Source {
                join: Join::Inner,
                table: TableRef::Table(through.table),
                alias: link.clone(),
                on: Some(Expr::eq(Expr::column(&link, through.to.name()), Expr::column(&alias, meta.key_column()))),
            });
            let column = Expr::column(&link, through.from.name());
            select.columns.push(column.clone());
            (Some(select.columns.len() - 1), column)
        }
    };
    let link = link.ok_or_else(|| no_link(branch))?;
    select.filter.push(Expr::InArray(Box::new(column.clone()), Box::new(Expr::Bind(Bind::Array(Arc::new(keys))))));
    if limit.is_some() || offset.is_some() {
        select = first_of_each(select, column, limit, offset.unwrap_or(0));
    }
    Ok(Step { select, link, lowered })
}

/// The first rows of each parent: numbered inside, cut outside.
fn first_of_each(mut inner: Select, link: Expr, limit: Option<u64>, offset: u64) -> Select {
    let width = inner.columns.len();
    let order = std::mem::take(&mut inner.order);
    inner.columns.push(Expr::RowNumber { partition: Box::new(link), order });
    inner.named = true;
    let alias: crate::statement::Alias = "numbered".into();
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

/// The model the rows are of.
fn owner(rows: &[&dyn Instance], branch: &Branch) -> Option<&'static ModelMeta> {
    let place = rows.iter().find_map(|row| row.handle(branch.relation.slot)?.place)?;
    place.group().meta()
}

fn no_link(branch: &Branch) -> Error {
    Error::misuse(format!("`{}`: the other model has no such relation back", branch.name()))
}
