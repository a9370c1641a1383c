//~ a path of a projection goes through relations to one row, and this is `ToMany
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Review)]
struct ReviewCard {
    stars: i32,
}

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    #[projection(nested)]
    reviews: ReviewCard,
}

fn main() {}
