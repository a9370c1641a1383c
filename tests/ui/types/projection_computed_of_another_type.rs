//~ this field is a `String`, and what is selected for it is a `i64`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    #[projection(with = |b| b.reviews().count())]
    reviews: String,
}

fn main() {}
