//~ mismatched types
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().prefetch_related(|b| b.tags().limit(3).to(|b| b.top_reviews()));
}
