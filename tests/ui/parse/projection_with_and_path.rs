//~ `with` computes the value of the field from the whole row: leave this out
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    #[projection(path = "author.name", with = |b| b.title())]
    name: String,
}

fn main() {}
