//~ expected the name of a model: `model = Book`
//~ up to 2 errors
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = "Book")]
struct Card {
    title: String,
}

fn main() {}
