//~ `&Publisher` is not a `Author` row and not a `Author` key
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn search(publisher: &Publisher) {
    let _ = Book::objects().filter(|b| b.author().eq(publisher));
}

fn main() {}
