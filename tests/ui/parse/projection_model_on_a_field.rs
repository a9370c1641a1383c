//~ `model` belongs in `#[projection(..)] on the struct`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    #[projection(model = Author)]
    title: String,
}

fn main() {}
