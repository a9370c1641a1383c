//~ `NewTag` is not a model
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn remove(db: &Database) -> eager_orm::Result<()> {
    Tag::create().name("sf").build().delete(db)?;
    Ok(())
}

fn main() {}
