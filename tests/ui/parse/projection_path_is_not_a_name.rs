//~ expected the names of fields with dots between, and `` cannot be one
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    #[projection(path = "author..name")]
    name: String,
}

fn main() {}
