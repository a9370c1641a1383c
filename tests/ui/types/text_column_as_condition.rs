//~ a `String` column is a condition only if it is a bool
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| b.title());
}
