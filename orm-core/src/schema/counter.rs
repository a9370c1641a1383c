//! Counters of related rows: which rows each counts, and counting them anew.

use std::panic::Location;

use crate::db::{About, Executor, Need};
use crate::error::Result;
use crate::meta::{ColumnSource, ModelMeta, RelationMeta};
use crate::sql;
use crate::statement::{Counter, CounterTrigger, Statement};

/// The counters of a model.
pub(super) fn counters(meta: &'static ModelMeta) -> impl Iterator<Item = Counter> {
    meta.columns.iter().filter_map(move |column| match column.source {
        ColumnSource::Counter(relation) => counter(meta, column.column, relation),
        _ => None,
    })
}

/// What keeps them.
pub(super) fn triggers(meta: &'static ModelMeta) -> Vec<Statement> {
    let counters: Vec<Counter> = counters(meta).collect();
    let noted = (!counters.is_empty()).then_some(Statement::CreateNoted);
    let triggers = counters.into_iter().flat_map(|counter| {
        CounterTrigger::ALL.map(|trigger| Statement::CreateTrigger(Box::new(counter.clone()), trigger))
    });
    noted.into_iter().chain(triggers).collect()
}

/// Counts anew, in all rows; says how many had a wrong number.
pub(crate) fn recount(meta: &'static ModelMeta, db: &dyn Executor, at: &'static Location<'static>) -> Result<u64> {
    let counters: Vec<Counter> = counters(meta).collect();
    if counters.is_empty() {
        return Ok(0);
    }
    let sql = sql::compile(&Statement::Recount(counters));
    let mut changed = 0;
    db.run(Need::Write, at, &mut |connection| {
        changed = connection.execute(&sql, About { meta, at })?;
        Ok(())
    })?;
    Ok(changed)
}

fn counter(meta: &'static ModelMeta, column: &'static str, relation: &'static RelationMeta) -> Option<Counter> {
    let base = Counter {
        table: meta.table,
        key: meta.key_column(),
        column,
        rows: "",
        link: String::new(),
        other_end: None,
        row_key: Vec::new(),
        uniques: Vec::new(),
    };
    let target = relation.target();
    let Some(through) = relation.through(meta) else {
        let link = relation.via_column()?.to_owned();
        let (row_key, uniques) = (key(target), uniques(target));
        return Some(Counter { rows: target.table, link, row_key, uniques, ..base });
    };
    let (from, to) = (through.from.name(), through.to.name());
    let counter = Counter { rows: through.table, link: from.clone(), ..base };
    let Some(model) = relation.through_model() else {
        let id = "id".to_owned();
        return Some(Counter { row_key: vec![id.clone()], uniques: vec![vec![id], vec![from, to]], ..counter });
    };
    let may_be_null = model.columns.iter().any(|column| column.column == to && column.nullable);
    let other_end = may_be_null.then_some(to);
    Some(Counter { row_key: key(model), other_end, uniques: uniques(model), ..counter })
}

/// The columns of the primary key.
fn key(meta: &'static ModelMeta) -> Vec<String> {
    meta.key_columns().map(|column| column.column.to_owned()).collect()
}

/// The sets of columns of which no two rows have the same.
fn uniques(meta: &'static ModelMeta) -> Vec<Vec<String>> {
    let single = meta.columns.iter().filter(|column| column.unique);
    let single = single.map(|column| vec![column.column.to_owned()]);
    let several = meta.indexes.iter().filter(|index| index.unique).map(|index| {
        let columns = index.columns.iter().filter_map(|column| meta.columns.get(*column));
        columns.map(|column| column.column.to_owned()).collect()
    });
    [key(meta)].into_iter().chain(single).chain(several).collect()
}
