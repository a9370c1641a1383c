//~ a projection is read from a model: write `#[projection(model = ..)]` above the struct
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
struct Card {
    title: String,
}

fn main() {}
