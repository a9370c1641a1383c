//~ a projection holds what it selects: write `String`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    summary: Deferred<String>,
}

fn main() {}
