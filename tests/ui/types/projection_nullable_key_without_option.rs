//~ may be NULL, and the field has no room for that
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    publisher: i64,
}

fn main() {}
