//~ may be NULL, and the field has no room for that
//~ expected an `Option` here
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    isbn: String,
}

fn main() {}
