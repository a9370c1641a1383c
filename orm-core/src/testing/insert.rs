//! The rows of a plan into their tables: one statement for each table, all or none.

use std::panic::Location;

use super::ask::Asked;
use super::check::{check, check_links};
use super::order::Order;
use super::plan::{Plan, Table};
use crate::db::{About, Connection, Executor, Need};
use crate::error::Result;
use crate::group::Returned;
use crate::meta::ModelMeta;
use crate::save::{RowInsert, blame};
use crate::schema::{in_order, points_ahead};
use crate::sql;
use crate::statement::{Insert, InsertRows, Statement};
use crate::value::{Bind, pack_part};

/// Makes what was ordered; the keys of its own rows, in order.
pub(super) fn create(order: &Order, db: &dyn Executor, at: &'static Location<'static>) -> Result<Vec<Bind<'static>>> {
    let mut keys = Vec::new();
    if order.quantity == 0 {
        return order.checked().map(|()| keys);
    }
    db.run(Need::WriteAll, at, &mut |connection| {
        let mut asked = Asked { connection, at };
        let mut plan = Plan::new(&mut asked);
        keys = plan.make(order)?;
        let Plan { tables, links, .. } = plan;
        tables.iter().try_for_each(check)?;
        links.iter().try_for_each(check_links)?;
        if order.meta.is_composite() {
            keys = composite_keys(&tables, order.meta);
        }
        let metas: Vec<&'static ModelMeta> = tables.iter().map(|table| table.meta).collect();
        let metas = in_order(&metas);
        connection.deferring_foreign_keys(points_ahead(&metas), About { meta: order.meta, at }, || {
            let sorted = metas.iter().filter_map(|meta| tables.iter().find(|table| std::ptr::eq(table.meta, *meta)));
            for table in sorted {
                insert(connection, table, at)?;
            }
            for links in &links {
                let columns = vec![links.through.from.name().into(), links.through.to.name().into()];
                let link = Insert {
                    table: links.through.table,
                    columns,
                    rows: InsertRows::Values,
                    conflict: None,
                    returning: Vec::new(),
                };
                let text = sql::compile(&Statement::Insert(link)).text;
                connection.repeat(&text, About { meta: links.meta, at }, |prepared| {
                    for (from, to) in &links.pairs {
                        let mut row = prepared.row();
                        row.bind(from.clone(), None);
                        row.bind(to.clone(), None);
                        row.execute()?;
                    }
                    Ok(())
                })?;
            }
            Ok(())
        })
    })?;
    Ok(keys)
}

/// The keys of the rows of a model to which no relation leads: they are all there are.
fn composite_keys(tables: &[Table], meta: &'static ModelMeta) -> Vec<Bind<'static>> {
    let table = tables.iter().find(|table| std::ptr::eq(table.meta, meta));
    let key = |row: &Vec<Bind<'static>>| {
        let mut packed = Vec::new();
        for part in meta.keys.iter().filter_map(|column| row.get(*column)) {
            pack_part(part, &mut packed);
        }
        Bind::Blob(packed.into())
    };
    table.into_iter().flat_map(|table| table.rows.iter().map(key)).collect()
}

fn insert(connection: &Connection<'_>, table: &Table, at: &'static Location<'static>) -> Result<()> {
    let meta = table.meta;
    let mut current: Option<&Vec<Bind<'static>>> = None;
    let insert = RowInsert::new(meta);
    connection
        .repeat(&insert.sql.text, About { meta, at }, |prepared| {
            for row in &table.rows {
                current = Some(row);
                insert.binds(prepared, |column| row.get(column).cloned(), &mut Returned::default())?;
            }
            Ok(())
        })
        .map_err(|error| {
            let bind = |column: usize| current.and_then(|row| row.get(column)).cloned();
            blame(error, connection, meta, at, &bind)
        })
}
