//~ this cannot be prefetched from `Book`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn load(author: Fields<Author>) {
    let _ = Book::objects().prefetch_related(|_| author.books());
}

fn main() {}
