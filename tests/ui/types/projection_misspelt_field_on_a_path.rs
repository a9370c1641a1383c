//~ no method named `nam` found
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    #[projection(path = "author.nam")]
    author: String,
}

fn main() {}
