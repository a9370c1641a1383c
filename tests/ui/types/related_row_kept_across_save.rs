//~ cannot borrow `book` as mutable because it is also borrowed as immutable
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn store(db: &Database, mut book: Book) -> eager_orm::Result<usize> {
    let author = book.author.get(db)?;
    book.save(db)?;
    Ok(author.name.len())
}

fn main() {}
