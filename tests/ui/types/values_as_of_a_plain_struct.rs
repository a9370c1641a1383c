//~ `Card` is not a projection of `Book`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

struct Card {
    title: String,
}

fn main() {
    let _ = Book::objects().values_as::<Card>();
}
