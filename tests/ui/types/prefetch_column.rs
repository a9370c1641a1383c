//~ this cannot be prefetched from `Book`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().prefetch_related(|b| b.title());
}
