//! The cases that write, each on a database of its own.

use eager_orm::{Error, Result};
use serde_json::Value;

use crate::Case;
use crate::canon::{Canon, object};
use crate::judge::exception;

mod atomic;
mod bulk;
mod create;
mod delete;
mod many;
mod related;
mod save;
mod shelves;
mod update;
mod upsert;
mod workflow;

pub const AREAS: &[&[(&str, Case)]] = &[
    atomic::CASES,
    bulk::CASES,
    create::CASES,
    delete::CASES,
    many::CASES,
    related::CASES,
    save::CASES,
    shelves::CASES,
    update::CASES,
    upsert::CASES,
    workflow::CASES,
];

/// Cases that a typed API rules out: the program in `tests/ui/types` that does not compile.
pub const REFUSED: &[(&str, &str)] = &[
    ("bulk-create-upsert-no-unique-error", "bulk_create_update_without_on_conflict.rs"),
    ("bulk-update-no-pk-error", "bulk_update_of_new_rows.rs"),
    ("create-unsaved-relation", "builder_foreign_key_of_a_new_row.rs"),
    ("delete-unsaved-error", "new_row_deleted.rs"),
    ("m2m-unsaved-error", "link_of_a_new_row.rs"),
    ("rm-no-remove-not-null", "related_remove_of_a_required_key.rs"),
];

/// An error of a program's own, which its transactions end with.
pub enum Stop {
    Boom,
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Error(error)
    }
}

/// A value, or an object with the name that Python has for the error.
pub fn caught<T: Canon, E: Into<Stop>>(result: Result<T, E>) -> Result<Value> {
    let error = match result.map_err(Into::into) {
        Ok(value) => return Ok(value.canon()),
        Err(Stop::Boom) => "Boom",
        Err(Stop::Error(error)) => match exception(&error) {
            Some(name) => name,
            None => return Err(error),
        },
    };
    Ok(object([("error", error.into())]))
}
