//~ a projection cannot be generic
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[derive(Projection)]
#[projection(model = Book)]
struct Card<T> {
    title: T,
}

fn main() {}
