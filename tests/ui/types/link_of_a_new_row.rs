//~ no field `tags` on type
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn link(db: &Database, new: &mut NewBook, tag: &Tag) -> eager_orm::Result<u64> {
    new.tags.add(db, [tag])
}

fn main() {}
