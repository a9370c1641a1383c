//~ `Book` has no foreign key that can be NULL, so its rows always point at some row
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn remove(db: &Database, author: &mut Author, book: &Book) -> eager_orm::Result<u64> {
    author.books.remove(db, [book])
}

fn main() {}
