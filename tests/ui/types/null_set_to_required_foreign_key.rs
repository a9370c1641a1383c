//~ a value that may be NULL cannot be assigned to a NOT NULL column
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn change(db: &Database) -> eager_orm::Result<u64> {
    Book::objects().update(db, |b| b.author().set(None::<i64>))
}

fn main() {}
