//~ this is a column behind a to-many relation
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    #[projection(with = |b| b.reviews().stars())]
    stars: Option<i32>,
}

fn main() {}
