//~ a projection holds values, and a HasMany is none
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    reviews: HasMany<Review>,
}

fn main() {}
