//~ mismatched types
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn names(db: &Database) -> eager_orm::Result<Vec<String>> {
    Book::objects().values_list(|b| b.publisher().name()).all(db)
}

fn main() {}
