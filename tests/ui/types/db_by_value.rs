//~ mismatched types
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn load(db: Database) -> eager_orm::Result<Vec<Book>> {
    Book::objects().all(db)
}

fn main() {}
