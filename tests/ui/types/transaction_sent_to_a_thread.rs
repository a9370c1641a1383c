//~ up to 5 errors
//~ cannot be shared between threads safely
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn load(db: &Database) -> eager_orm::Result<()> {
    db.transaction(|tx| {
        std::thread::scope(|s| {
            s.spawn(|| Book::objects().all(tx).map(|books| books.len()));
        });
        Ok(())
    })
}

fn main() {}
