//~ this field is a `String`, and what is selected for it is a `i32`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    pages: String,
}

fn main() {}
