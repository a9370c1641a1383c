//~ is not a `Author` row and not a `Author` key
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::create().author(Author::create().name("Ann").born(1920));
}
