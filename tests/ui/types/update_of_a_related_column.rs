//~ only a model's own column can be written
//~ update the related model with its own queryset
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn change(db: &Database) -> eager_orm::Result<u64> {
    Book::objects().update(db, |b| b.author().name().set("x"))
}

fn main() {}
