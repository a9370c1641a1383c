//! Deleting: what a delete took with it, or which foreign keys held it up.

use std::panic::Location;

use crate::db::{About, Connection, Executor, Need};
use crate::error::{Error, Result};
use crate::lower;
use crate::meta::{OnDelete, RelationKind};
use crate::plan::{Node, NodeKind, Path, Plan};
use crate::sql;

/// What a delete took: the rows themselves, and those that went with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deleted {
    /// How many rows, of all models.
    pub total: u64,
    /// How many rows of each model; a table that belongs to no model that is known here goes by its own name.
    pub per_model: Vec<(String, u64)>,
}

/// Deletes the rows of a plan and counts what it took.
pub(crate) fn delete(db: &dyn Executor, at: &'static Location<'static>, plan: &Plan) -> Result<Deleted> {
    let Some(statement) = lower::delete(plan)? else { return Ok(Deleted::default()) };
    let sql = sql::compile(&statement);
    let about = About { meta: plan.meta, at };
    let mut deleted = Deleted::default();
    db.run(Need::Write, at, &mut |connection| {
        let (own, mut tables) = connection
            .counting_deletes(|| connection.execute(&sql, about))
            .map_err(|error| blame(error, connection, about, plan))?;
        // SQLite does not tell of single rows of a table without rowids; of this statement's own it tells how many.
        let known = tables.entry(about.meta.table.to_owned()).or_default();
        *known = own.max(*known);
        tables.retain(|_, rows| *rows > 0);
        deleted.total = tables.values().sum();
        deleted.per_model = tables.into_iter().map(|(table, rows)| (name_of(about, table), rows)).collect();
        Ok(())
    })?;
    Ok(deleted)
}

/// Says which foreign keys hold the rows; SQLite does not.
#[cold]
fn blame(error: Error, connection: &Connection<'_>, about: About, plan: &Plan) -> Error {
    if !matches!(error, Error::ForeignKey { .. }) {
        return error;
    }
    let rows = Plan { joins: Vec::new(), prefetches: Vec::new(), select: None, ..plan.clone() };
    let mut by = Vec::new();
    holding(connection, about, rows, CASCADES, &mut by);
    if by.is_empty() { error } else { Error::Protected { model: about.meta.name, by } }
}

/// How many cascades deep the rows are looked for that hold others.
const CASCADES: usize = 6;

/// The foreign keys that hold some rows, or the rows that would go with them.
fn holding(connection: &Connection<'_>, about: About, rows: Plan, cascades: usize, by: &mut Vec<String>) {
    let About { meta: held, at } = about;
    for meta in held.reachable() {
        for relation in meta.relations {
            let RelationKind::ForeignKey { constraint: true, on_delete, .. } = relation.kind else { continue };
            if !std::ptr::eq(relation.target(), held) {
                continue;
            }
            let mut there = Plan::new(meta);
            let key = Node::new(NodeKind::ForeignKey(Path::default(), relation));
            there.filters.push(Node::new(NodeKind::InQuery(key, Box::new(rows.clone()))));
            let found = match lower::exists(&there) {
                Ok(Some(statement)) => connection.finds(&sql::compile(&statement), About { meta, at }),
                _ => continue,
            };
            match on_delete {
                _ if !matches!(found, Ok(true)) => {}
                OnDelete::Cascade if cascades > 0 => holding(connection, About { meta, at }, there, cascades - 1, by),
                OnDelete::Protect | OnDelete::Restrict | OnDelete::DoNothing => {
                    let name = relation.full_name();
                    if !by.contains(&name) {
                        by.push(name);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The model of a table, among those that can be reached from the model the delete is about.
fn name_of(about: About, table: String) -> String {
    let known = about.meta.reachable().into_iter().find(|meta| meta.table == table);
    known.map_or(table, |meta| meta.name.to_owned())
}
