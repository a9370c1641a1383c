//~ up to 2 errors
//~ borrowed data escapes outside of closure
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn keep(db: &Database) -> eager_orm::Result<bool> {
    let mut kept = None;
    db.transaction(|tx| {
        kept = Some(tx);
        Ok(())
    })?;
    Ok(kept.is_some())
}

fn main() {}
