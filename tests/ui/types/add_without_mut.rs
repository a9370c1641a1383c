//~ cannot borrow `book.tags` as mutable
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn tag(db: &Database, book: Book, tag: &Tag) -> eager_orm::Result<u64> {
    book.tags.add(db, [tag])
}

fn main() {}
