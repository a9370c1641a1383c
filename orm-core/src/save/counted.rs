//! Rows in hand that count: what they have counted once their write is whole, with the link it came with and what hooks have
//! added below it.

use std::panic::Location;

use super::insert::{Inserted, new_key, unlike};
use crate::db::{About, Connection, Executor, Need, Transaction};
use crate::error::Result;
use crate::group::Returned;
use crate::lower;
use crate::meta::ColumnSource;
use crate::model::Model;
use crate::plan::{Node, NodeKind, Path, Plan};
use crate::sql;
use crate::value::{KeyRef, PrimaryKey};

/// Reads what the database computes once more, if it counts the link that the row got after it was inserted.
pub(super) fn count_anew<M: Model>(
    connection: &Connection<'_>,
    new: &M::New,
    inserted: &mut Inserted,
    at: &'static Location<'static>,
) -> Result<()> {
    if counts::<M>() {
        let key = new_key::<M>(new, inserted.rowid)?;
        inserted.returned = computed::<M>(connection, key.key_ref(), at)?.unwrap_or_default();
    }
    Ok(())
}

/// The same of a row in hand, below which hooks may have added others.
pub(super) fn count_after_hooks<M: Model>(
    row: &mut M,
    tx: &Transaction<'_>,
    at: &'static Location<'static>,
) -> Result<()> {
    if !counts::<M>() {
        return Ok(());
    }
    let mut returned = None;
    tx.run(Need::Read, at, &mut |connection| {
        returned = computed::<M>(connection, row.key_ref(), at)?;
        Ok(())
    })?;
    // Of a row that a hook has deleted there is nothing to know.
    let taken = returned.map_or(Ok(()), |returned| row.take(&returned));
    taken.map_err(|mismatch| unlike::<M>(&mismatch))
}

fn counts<M: Model>() -> bool {
    M::META.columns.iter().any(|column| matches!(column.source, ColumnSource::Counter(_)))
}

/// What the database computes of a row; none of one that is gone.
fn computed<M: Model>(
    connection: &Connection<'_>,
    key: KeyRef<'_>,
    at: &'static Location<'static>,
) -> Result<Option<Returned>> {
    let meta = M::META;
    let computed = || meta.columns.iter().enumerate().filter(|(_, column)| column.is_computed());
    let mut plan = Plan::new(meta);
    plan.filters.push(Node::key_is(key));
    let columns = computed().map(|(_, column)| Node::new(NodeKind::Column(Path::default(), column)));
    plan.selecting(&columns.collect::<Vec<_>>());
    plan.without_order();
    let mut found = None;
    connection.query(&sql::compile(&lower::select(&plan)?.statement), About { meta, at }, |row| {
        let returned = found.get_or_insert_with(Returned::default);
        for (place, (number, _)) in computed().enumerate() {
            if let Ok(datum) = row.datum(place) {
                returned.push(number, datum);
            }
        }
        Ok(())
    })?;
    Ok(found)
}
