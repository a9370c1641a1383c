//~ `&Publisher` is not a `Author` row and not a `Author` key
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn change(book: &mut Book, publisher: &Publisher) {
    book.author.set(publisher);
}

fn main() {}
