//~ is not a stored field of `Book`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn store(db: &Database, book: &mut Book) -> eager_orm::Result<()> {
    book.save_fields(db, |b| b.tags())
}

fn main() {}
