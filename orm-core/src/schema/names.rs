//! The names of what is about to be made. SQLite has one space of names for tables, indexes and triggers, and
//! `IF NOT EXISTS` takes whatever has the name for what is meant: an index of another table would stay unmade.

use std::collections::HashMap;

use crate::db::Connection;
use crate::error::{Error, Result};
use crate::meta::ModelMeta;
use crate::sql;
use crate::statement::Statement;

/// Refuses a statement that would make something whose name belongs to another table, there or about to be made.
pub(super) fn check(connection: &Connection<'_>, statements: &[(&'static ModelMeta, Statement)]) -> Result<()> {
    // By name, for SQLite compares them without case: the table that it is of.
    let mut taken: HashMap<String, String> = HashMap::new();
    connection.schema_names(|name, table| {
        taken.insert(name.to_ascii_lowercase(), table);
    })?;
    for (meta, statement) in statements {
        check_words(meta, statement)?;
        let Some((name, table)) = named(statement) else { continue };
        let other = taken.entry(name.to_ascii_lowercase()).or_insert_with(|| table.to_owned());
        if !other.eq_ignore_ascii_case(table) {
            let model = meta.name;
            return Err(Error::misuse(format!(
                "\"{name}\" of `{model}` has the name of something else, of the table \"{other}\": let one of them have another name"
            )));
        }
    }
    Ok(())
}

/// Refuses a table whose name means something else where it would stand.
fn check_words(meta: &'static ModelMeta, statement: &Statement) -> Result<()> {
    let is = |table: &str, words: &[&str]| words.iter().any(|word| table.eq_ignore_ascii_case(word));
    match statement {
        Statement::CreateTable(table) if is(table.table, &[sql::NOTED, "eager_orm_counted"]) => {
            Err(Error::misuse(format!("`{}` has the table \"{}\", whose name is taken", meta.name, table.table)))
        }
        Statement::CreateTrigger(counter, _)
            if is(counter.table, &["new", "old"]) || is(counter.rows, &["new", "old"]) =>
        {
            Err(Error::misuse(format!(
                "`{}` counts in \"{}\" the rows of \"{}\": in a trigger \"new\" and \"old\" are the rows that are written, and no tables",
                meta.name, counter.table, counter.rows
            )))
        }
        _ => Ok(()),
    }
}

/// What a statement makes, and the table that it is of.
fn named(statement: &Statement) -> Option<(String, &str)> {
    match statement {
        Statement::CreateTable(table) => Some((table.table.to_owned(), table.table)),
        Statement::CreateIndex(index) => Some((index.name.clone(), index.table)),
        Statement::CreateTrigger(counter, trigger) => Some((trigger.name(counter), trigger.table(counter))),
        _ => None,
    }
}
