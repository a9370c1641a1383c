//~ `Cond<Book>` is not a stored field of `Book`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn store(db: &Database, books: &[Book]) -> eager_orm::Result<u64> {
    Book::objects().bulk_update(db, books, |b| b.price().gt(3))
}

fn main() {}
