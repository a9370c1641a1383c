//~ may be NULL, and the field has no room for that
//~ expected an `Option` here
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Publisher)]
struct PublisherCard {
    name: String,
}

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    #[projection(nested)]
    publisher: PublisherCard,
}

fn main() {}
