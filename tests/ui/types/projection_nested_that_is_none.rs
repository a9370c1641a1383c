//~ `String` is not a projection
//~ up to 3 errors
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    #[projection(nested)]
    author: String,
}

fn main() {}
