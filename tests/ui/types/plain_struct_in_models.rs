//~ `String` is not a model
//~ expected a struct with `#[derive(Model)]`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn create(db: &Database) -> eager_orm::Result<()> {
    db.create_tables(models![Author, String])
}

fn main() {}
