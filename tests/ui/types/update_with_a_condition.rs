//~ `Cond<Book>` does not set a field of `Book`
//~ expected `x.field().set(value)`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn change(db: &Database) -> eager_orm::Result<u64> {
    Book::objects().update(db, |b| b.title().eq("x"))
}

fn main() {}
