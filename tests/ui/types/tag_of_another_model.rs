//~ `&Author` is not a `Tag` row and not a `Tag` key
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn tag(db: &Database, book: &mut Book, author: &Author) -> eager_orm::Result<u64> {
    book.tags.add(db, [author])
}

fn main() {}
