//~ may be NULL, and the field has no room for that
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    #[projection(path = "publisher.name")]
    publisher: String,
}

fn main() {}
