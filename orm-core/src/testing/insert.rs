//! The rows of a plan into their tables: one statement for each table, all or none.

use std::panic::Location;

use super::check::check;
use super::order::Order;
use super::plan::Plan;
use super::tables::{Table, Tables};
use crate::db::{About, Connection, Executor, Need, Row};
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
        let asked = Asked { connection, at };
        let mut plan = Plan::new(&asked);
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

/// The tables, as they are asked.
struct Asked<'c> {
    connection: &'c Connection<'c>,
    at: &'static Location<'static>,
}

impl Tables for Asked<'_> {
    /// The greatest key or, where keys are not counted, the last row.
    fn counted(&self, meta: &'static ModelMeta) -> Result<Option<i64>> {
        let alias: crate::statement::Alias = meta.table.into();
        // A column of the user's may have one of its names.
        let is_free = |name: &&&str| !meta.columns.iter().any(|column| column.column.eq_ignore_ascii_case(name));
        let rowid = ["rowid", "_rowid_", "oid"].iter().find(is_free).copied().unwrap_or("rowid");
        let counter = if meta.auto_key { meta.key_column() } else { rowid };
        let last = Expr::Aggregate {
            function: AggregateFunction::Max,
            argument: Some(Box::new(Expr::column(&alias, counter))),
            distinct: false,
            filter: None,
            separator: None,
        };
        let mut last_row = None;
        self.read(meta, vec![last], &mut |row| {
            if let Ok(Datum::Integer(value)) = row.datum(0) {
                last_row = Some(value.max(0));
            }
        })?;
        if let Some(last) = last_row.filter(|last| *last > i64::MAX / 2) {
            let what = format!("the table counts {last} rows: there is no room for keys after that");
            return Err(Error::Bake { model: meta.name, field: meta.key_column().to_owned(), what });
        }
        Ok(last_row)
    }

    fn values(
        &self,
        meta: &'static ModelMeta,
        columns: &[usize],
        each: &mut dyn FnMut(Vec<Bind<'static>>),
    ) -> Result<()> {
        let alias: crate::statement::Alias = meta.table.into();
        let named = columns.iter().filter_map(|column| meta.columns.get(*column));
        let selected = named.map(|column| Expr::column(&alias, column.column)).collect();
        self.read(meta, selected, &mut |row| {
            let value = |column| row.datum(column).map_or(Bind::Null, |datum| datum.owned());
            each((0..columns.len()).map(value).collect());
        })
    }
}

impl Asked<'_> {
    fn read(&self, meta: &'static ModelMeta, columns: Vec<Expr>, each: &mut dyn FnMut(Row<'_>)) -> Result<()> {
        let alias: crate::statement::Alias = meta.table.into();
        let select = Select { columns, from: vec![Source::first(meta.table, alias)], ..Select::default() };
        self.connection.query(&sql::compile(&Statement::Select(select)), About { meta, at: self.at }, |row| {
            each(row);
            Ok(())
        })
    }
}
