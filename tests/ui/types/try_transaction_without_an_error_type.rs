//~ up to 2 errors
//~ type annotations needed
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn import(db: &Database) -> Result<(), Box<dyn std::error::Error>> {
    db.try_transaction(|tx| {
        Book::objects().count(tx)?;
        Ok(())
    })?;
    Ok(())
}

fn main() {}
