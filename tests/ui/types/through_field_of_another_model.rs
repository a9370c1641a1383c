//~ no method named `title` found
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn tag(db: &Database, book: &mut Book, tag: &Tag) -> eager_orm::Result<u64> {
    book.tags.through(BookTag::create().title("Dune")).add(db, [tag])
}

fn main() {}
