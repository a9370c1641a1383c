//~ a path of a projection goes through relations to one row
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    #[projection(path = "title.name")]
    name: String,
}

fn main() {}
