//~ mismatched types
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn summary(book: &Book) -> &String {
    &book.summary
}

fn main() {}
