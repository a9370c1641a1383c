//~ this is a projection of `Author`, and the relation leads to `Publisher`
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
    #[projection(nested)]
    publisher: Option<AuthorCard>,
}

fn main() {}
