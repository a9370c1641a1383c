//~ `Database` does not hold a connection, so rows cannot be streamed from it
//~ write `db.read(|snapshot| ..)` around the loop, or use `.for_each(&db, ..)`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn stream(db: &Database) {
    let _ = Book::objects().iter(db);
}

fn main() {}
