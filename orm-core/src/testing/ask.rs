//! What a bake asks of the database before it makes rows.

use std::collections::HashSet;
use std::panic::Location;
use std::sync::Arc;

use super::apart::{Stored, write};
use crate::db::{About, Connection};
use crate::error::Result;
use crate::meta::ModelMeta;
use crate::sql;
use crate::statement::{AggregateFunction, Alias, Expr, Select, Source, Statement};
use crate::value::{Bind, Datum};

/// The rows that a database has.
pub(super) struct Asked<'c, 'd> {
    pub(super) connection: &'c Connection<'d>,
    pub(super) at: &'static Location<'static>,
}

impl Stored for Asked<'_, '_> {
    fn counted(&mut self, meta: &'static ModelMeta) -> Result<Option<i64>> {
        let alias: Alias = meta.table.into();
        let last = if meta.auto_key {
            Expr::Aggregate {
                function: AggregateFunction::Max,
                argument: Some(Box::new(Expr::column(&alias, meta.key_column()))),
                distinct: false,
                filter: None,
                separator: None,
            }
        } else {
            Expr::CountAll
        };
        let select = Select { columns: vec![last], from: vec![Source::first(meta.table, alias)], ..Select::default() };
        let mut last = None;
        let select = sql::compile(&Statement::Select(select));
        self.connection.query(&select, About { meta, at: self.at }, |row| {
            if let Ok(Datum::Integer(value)) = row.datum(0) {
                last = Some(value).filter(|rows| meta.auto_key || *rows > 0);
            }
            Ok(())
        })?;
        Ok(last)
    }

    fn values(
        &mut self,
        meta: &'static ModelMeta,
        columns: &[usize],
        among: Vec<(usize, Vec<Bind<'static>>)>,
    ) -> Result<HashSet<Vec<u8>>> {
        let alias: Alias = meta.table.into();
        let column = |number: usize| Some(Expr::column(&alias, meta.columns.get(number)?.column));
        let filter = among.into_iter().filter_map(|(number, binds)| {
            Some(Expr::InArray(Box::new(column(number)?), Box::new(Expr::Bind(Bind::Array(Arc::new(binds))))))
        });
        let select = Select {
            columns: columns.iter().filter_map(|number| column(*number)).collect(),
            from: vec![Source::first(meta.table, alias.clone())],
            filter: filter.collect(),
            ..Select::default()
        };
        let mut found = HashSet::new();
        let select = sql::compile(&Statement::Select(select));
        self.connection.query(&select, About { meta, at: self.at }, |row| {
            let mut values = Vec::new();
            for number in 0..columns.len() {
                if row.datum(number).ok().and_then(|datum| write(Some(datum), &mut values)).is_none() {
                    return Ok(());
                }
            }
            found.insert(values);
            Ok(())
        })?;
        Ok(found)
    }
}
