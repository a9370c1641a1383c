//~ expected `&Tag`, found `&NewTag`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn rename(db: &Database, new: &[NewTag]) -> eager_orm::Result<u64> {
    Tag::objects().bulk_update(db, new, |t| t.name())
}

fn main() {}
