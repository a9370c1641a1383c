//~ `NewAuthor` is not a new `Book` row
//~ expected `Book::create()..` with every required field set, or the `New..` of `Book`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn add(authors: Vec<NewAuthor>) {
    let _ = Book::objects().bulk_create(authors);
}

fn main() {}
