//~ a field of a projection is one value, and here there is `Slot<Book, Review>`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    top_reviews: i64,
}

fn main() {}
