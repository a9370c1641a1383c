//~ required field `price` of `Book` is not set
//~ call `.price(..)` on the builder before this
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn add(db: &Database) -> eager_orm::Result<Book> {
    Book::create().title("x").author(3).summary("").save(db)
}

fn main() {}
