//! What the driver says went wrong, with what is known here of the statement: its model, and those around it.

use super::{About, Database};
use crate::error::{Context, Error, translate};

/// An error of the driver, with what is known of the statement.
#[cold]
pub(super) fn told(error: rusqlite::Error, sql: &str, about: About, database: &Database) -> Error {
    let meta = about.meta;
    let field = |column: &str| meta.field_of_column(column);
    // A table goes by its own name, or by that of the relation that leads to it.
    let elsewhere = |alias: &str, column: Option<&str>| {
        let models = database.models_around(meta);
        let by_table = models.iter().copied().find(|model| model.table.eq_ignore_ascii_case(alias));
        let by_relation = || {
            let relations = models.iter().flat_map(|model| model.relations);
            relations.filter(|relation| relation.name == alias).map(|relation| relation.target()).next()
        };
        let model = by_table.or_else(by_relation)?;
        Some((model.name, column.and_then(|column| model.field_of_column(column))))
    };
    let checked = |name: &str| {
        let mut models = database.models_around(meta);
        models.retain(|model| model.checks.iter().any(|check| check.name == name));
        match models.as_slice() {
            [model] => Some(model.name),
            _ => None,
        }
    };
    let (model, table) = (meta.name, meta.table);
    translate(error, &Context { model, table, field: &field, elsewhere: &elsewhere, checked: &checked, sql })
}

/// An error of the driver where there is no statement of a model's.
#[cold]
pub(super) fn untold(error: rusqlite::Error) -> Error {
    let (model, table) = ("database", "");
    let nothing = Context { model, table, field: &|_| None, elsewhere: &|_, _| None, checked: &|_| None, sql: "" };
    translate(error, &nothing)
}
