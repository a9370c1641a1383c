//~ `&Publisher` is not a `Author` row and not a `Author` key
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn draft(publisher: &Publisher) {
    let _ = Book::create().author(publisher);
}

fn main() {}
