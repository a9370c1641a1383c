//~ `AuthorCard` cannot be stored in a column
//~ up to 3 errors
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Author)]
struct AuthorCard {
    name: String,
}

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    author: AuthorCard,
}

fn main() {}
