//~ is not an order of `Book` rows
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().order_by(|b| {
        (b.id(), b.id(), b.id(), b.id(), b.id(), b.id(), b.id(), b.id(), b.id(), b.id(), b.id(), b.id(), b.id())
    });
}
