//~ required field `title` of `Book` is not set
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn add(db: &Database, author: &mut Author) -> eager_orm::Result<Book> {
    author.books.create(db, Book::create().price(1.0).summary(""))
}

fn main() {}
