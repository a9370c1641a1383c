//~ this field is a `i64`, and what is selected for it is a `i32`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    pages: i64,
}

fn main() {}
