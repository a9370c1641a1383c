//~ no method named `remove` found
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn remove(db: &Database, author: &mut Author, book: &Book) -> eager_orm::Result<u64> {
    author.books.remove(db, [book])
}

fn main() {}
