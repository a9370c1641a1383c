//~ `Other` is not a model
//~ up to 2 errors
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

struct Other;

#[derive(Projection)]
#[projection(model = Other)]
struct Card {
    title: String,
}

fn main() {}
