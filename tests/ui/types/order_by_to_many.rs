//~ this is a column behind a to-many relation: there is not one value of it per row
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().order_by(|b| b.tags().name());
}
