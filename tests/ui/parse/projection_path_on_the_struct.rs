//~ `path` belongs in `#[projection(..)] on a field`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book, path = "author")]
struct Card {
    title: String,
}

fn main() {}
