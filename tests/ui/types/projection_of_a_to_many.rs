//~ a field of a projection is one value, and here there is `ToMany<Book, Book, Review>`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    reviews: i64,
}

fn main() {}
