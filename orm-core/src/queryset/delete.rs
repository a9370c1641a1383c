//! Deleting: what a delete took with it, or which foreign keys held it up.
//!
//! Where the tables do by themselves what the models say, one statement does it and SQLite tells what went. Where they do
//! not (tables of others, mostly) it is done for them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::Location;

use super::cascade::{Cascade, read_keys};
use super::referrers::{native, same};
use crate::db::{About, Connection, Executor, Native, Need, Standing, write_whole};
use crate::error::{Error, Result};
use crate::lower;
use crate::plan::{Node, Plan};
use crate::sql;
use crate::value::{Bind, KeyRef};

/// What a delete took: the rows themselves, and those that went with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deleted {
    /// How many rows, of all models.
    pub total: u64,
    /// How many rows of each model; a table that belongs to no model that is known here goes by its own name.
    pub per_model: Vec<(String, u64)>,
}

/// Which rows are to be deleted.
pub(crate) enum Which<'a> {
    /// Those of a query.
    Of(&'a Plan),
    /// One, by its key.
    One(&'static crate::meta::ModelMeta, KeyRef<'a>),
}

/// Deletes rows and counts what it took.
pub(crate) fn delete(db: &dyn Executor, at: &'static Location<'static>, rows: &Which<'_>) -> Result<Deleted> {
    let by_key;
    let (plan, key) = match rows {
        Which::Of(plan) => (*plan, None),
        Which::One(meta, key) => {
            let mut plan = Plan::new(meta);
            plan.filters.push(Node::key_is(*key));
            by_key = plan;
            (&by_key, Some(key.bind().into_owned()))
        }
    };
    let Some(statement) = lower::delete(plan)? else { return Ok(Deleted::default()) };
    let sql = sql::compile(&statement);
    let about = About { meta: plan.meta, at };
    // A chain that is too long for SQLite is left half deleted, unless there is something to go back to.
    let within = db.standing() == Standing::Transaction;
    let way = Cell::new(Native::No);
    let whole = |connection: &Connection<'_>| {
        let database = connection.database();
        let judge = |declared: &_| native(&database.models_around(about.meta), about.meta, declared);
        way.set(connection.cascades_natively(about.meta, judge)?);
        Ok(way.get() != Native::InPart && !(within && way.get() == Native::InChains))
    };
    let mut deleted = None;
    let mut outcome = write_whole(db, at, whole, &mut |connection| {
        if way.get() != Native::No {
            let (own, mut tables) = connection.counting_deletes(|| connection.execute(&sql, about))?;
            // SQLite does not tell of single rows of a table without rowids; of a statement's own it tells how many.
            note(&mut tables, about.meta.table, own);
            deleted = Some(told(connection, about, tables));
        }
        Ok(())
    });
    // Where the tables would follow a chain that is too long for SQLite, its rows are taken apart first.
    let mut is_long = outcome.as_ref().err().is_some_and(is_too_deep);
    while deleted.is_none() && (outcome.is_ok() || is_long) {
        outcome = db.run(Need::WriteAll, at, &mut |connection| {
            let keys = keys(connection, about, plan, key.as_ref())?;
            if keys.is_empty() {
                deleted = Some(Deleted::default());
                return Ok(());
            }
            let cascade = Cascade::read(connection, about.meta, at, keys, false)?;
            if is_long {
                cascade.detach()?;
            }
            let (own, mut tables) = connection.counting_deletes(|| cascade.write())?;
            own.iter().for_each(|(table, rows)| note(&mut tables, table, *rows));
            deleted = Some(told(connection, about, tables));
            Ok(())
        });
        let was_long = std::mem::replace(&mut is_long, outcome.as_ref().err().is_some_and(is_too_deep));
        if was_long {
            break;
        }
    }
    match outcome {
        Ok(()) => Ok(deleted.unwrap_or_default()),
        Err(error @ Error::ForeignKey { .. }) => {
            let mut why = error;
            db.run(Need::Snapshot, at, &mut |connection| {
                let keys = keys(connection, about, plan, key.as_ref())?;
                let cascade = Cascade::read(connection, about.meta, at, keys, true)?;
                let by = cascade.held_by()?;
                if !by.is_empty() {
                    why = Error::Protected { model: about.meta.name, by };
                } else if let Some(error) = cascade.broken_default()? {
                    why = error;
                }
                Ok(())
            })?;
            Err(why)
        }
        Err(error) => Err(error),
    }
}

/// Whether tables that cascade by themselves do so to a greater depth than SQLite goes.
fn is_too_deep(error: &Error) -> bool {
    matches!(error, Error::Database { message, .. } if message.contains("too many levels of trigger recursion"))
}

fn keys(
    connection: &Connection<'_>,
    about: About,
    plan: &Plan,
    key: Option<&Bind<'static>>,
) -> Result<Vec<Bind<'static>>> {
    match (key, lower::keys(plan)?) {
        (Some(key), _) => Ok(vec![key.clone()]),
        (None, Some(statement)) => read_keys(connection, &statement, about),
        (None, None) => Ok(Vec::new()),
    }
}

fn note(tables: &mut BTreeMap<String, u64>, table: &str, rows: u64) {
    // SQLite tells of a table by its own name, which may be written in other letters than the model's.
    let name = tables.keys().find(|name| same(name, table)).cloned().unwrap_or_else(|| table.to_owned());
    let known = tables.entry(name).or_default();
    *known = rows.max(*known);
}

/// The report, by model where the table's is known.
fn told(connection: &Connection<'_>, about: About, mut tables: BTreeMap<String, u64>) -> Deleted {
    // What triggers of ours had noted is nobody's row.
    tables.retain(|table, rows| *rows > 0 && table != sql::NOTED);
    let total = tables.values().sum();
    let known = |table: &String| same(about.meta.table, table);
    if tables.keys().all(known) {
        return Deleted {
            total,
            per_model: tables.into_values().map(|rows| (about.meta.name.to_owned(), rows)).collect(),
        };
    }
    let models = connection.database().models_around(about.meta);
    let name_of = |table: String| {
        let known = models.iter().find(|meta| same(meta.table, &table));
        known.map_or(table, |meta| meta.name.to_owned())
    };
    Deleted { total, per_model: tables.into_iter().map(|(table, rows)| (name_of(table), rows)).collect() }
}
