//! The rows of a plan into their tables: one statement for each table, all or none.

use std::panic::Location;

use super::check::check;
use super::order::Order;
use super::plan::{Plan, Table};
use crate::db::{About, Connection, Executor, Need};
use crate::error::{Error, Result};
use crate::group::Returned;
use crate::meta::ModelMeta;
use crate::save::{RowInsert, blame};
use crate::schema::{in_order, points_ahead};
use crate::sql;
use crate::statement::{AggregateFunction, Expr, Insert, InsertRows, Select, Source, Statement};
use crate::value::{Bind, Datum, pack_part};

/// Makes what was ordered; the keys of its own rows, in order.
pub(super) fn create(order: &Order, db: &dyn Executor, at: &'static Location<'static>) -> Result<Vec<Bind<'static>>> {
    let mut keys = Vec::new();
    db.run(Need::WriteAll, at, &mut |connection| {
        let mut start = |meta| last_row(connection, meta, at);
        let mut plan = Plan::new(&mut start);
        keys = plan.make(order)?;
        let Plan { tables, links, .. } = plan;
        for table in &tables {
            check(table)?;
        }
        if order.meta.is_composite() {
            keys = composite_keys(&tables, order.meta);
        }
        let metas: Vec<&'static ModelMeta> = tables.iter().map(|table| table.meta).collect();
        let metas = in_order(&metas);
        connection.deferring_foreign_keys(points_ahead(&metas), || {
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
                        row.bind(from.clone(), None)?;
                        row.bind(to.clone(), None)?;
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

/// How far the rows of a table have been counted: the next is the number after it.
fn last_row(connection: &Connection<'_>, meta: &'static ModelMeta, at: &'static Location<'static>) -> Result<i64> {
    let alias: crate::statement::Alias = meta.table.into();
    let counter = if meta.auto_key { meta.key_column() } else { "rowid" };
    let last = Expr::Aggregate {
        function: AggregateFunction::Max,
        argument: Some(Box::new(Expr::column(&alias, counter))),
        distinct: false,
        filter: None,
        separator: None,
    };
    let select = Select { columns: vec![last], from: vec![Source::first(meta.table, alias)], ..Select::default() };
    let mut last = 0;
    connection.query(&sql::compile(&Statement::Select(select)), About { meta, at }, |row| {
        if let Ok(Datum::Integer(value)) = row.datum(0) {
            last = value.max(0);
        }
        Ok(())
    })?;
    if last > i64::MAX / 2 {
        let what = format!("the table counts {last} rows: there is no room for keys after that");
        return Err(Error::Bake { model: meta.name, field: meta.key_column().to_owned(), what });
    }
    Ok(last)
}
