//~ this is one value per row already: there is nothing to join
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().order_by(|b| b.title().joined());
}
