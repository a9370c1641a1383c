//~ `AuthorCard` is not a projection of `Book`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Author)]
struct AuthorCard {
    name: String,
}

fn main() {
    let _ = Book::objects().values_as::<AuthorCard>();
}
