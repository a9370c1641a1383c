//~ no method named `titel` found
//~ there is a method `title` with a similar name
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card {
    titel: String,
}

fn main() {}
