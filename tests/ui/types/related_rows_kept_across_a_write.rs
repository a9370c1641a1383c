//~ cannot borrow `book.tags` as mutable because it is also borrowed as immutable
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn clear(db: &Database, mut book: Book) -> eager_orm::Result<usize> {
    let tags = book.tags.all(db)?;
    book.tags.clear(db)?;
    Ok(tags.len())
}

fn main() {}
