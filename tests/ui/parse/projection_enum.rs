//~ a projection is a struct with named fields
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
enum Card {
    Title,
}

fn main() {}
