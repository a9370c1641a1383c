//~ unknown word `nestd`
//~ did you mean `nested`?
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    #[projection(nestd)]
    author: i64,
}

fn main() {}
