//~ no method named `books` found
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().prefetch_related(|b| b.author().prefetch_related(|a| a.books()).books());
}
