//~ up to 2 errors
//~ a `i32` column is not text: it has no text lookups
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| b.pages().regex("^3"));
}
