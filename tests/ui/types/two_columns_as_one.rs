//~ mismatched types
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn titles(db: &Database) -> eager_orm::Result<Vec<String>> {
    Book::objects().values_list(|b| (b.id(), b.title())).all(db)
}

fn main() {
    let _ = titles;
}
