//~ no field `name` on type `ForeignKey<Author>`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn name(book: &Book) -> &str {
    &book.author.name
}

fn main() {}
