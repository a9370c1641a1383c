//~ write the type of the key of `Author`, or `#[projection(nested)]`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    author: ForeignKey<Author>,
}

fn main() {}
