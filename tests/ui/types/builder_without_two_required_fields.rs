//~ up to 2 errors
//~ required field `title` of `Book` is not set
//~2 required field `price` of `Book` is not set
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn add(db: &Database) -> eager_orm::Result<Book> {
    Book::create().author(3).summary("").save(db)
}

fn main() {}
