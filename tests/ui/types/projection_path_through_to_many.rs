//~ a path of a projection goes through relations to one row, and this is `ToMany<Book, Book, Review>`
//~ make one value
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    #[projection(path = "reviews.stars")]
    stars: i32,
}

fn main() {}
