//~ `?` couldn't convert the error to `Error`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn import(db: &Database) -> eager_orm::Result<()> {
    db.transaction(|_| {
        std::fs::read("books.csv")?;
        Ok(())
    })
}

fn main() {}
