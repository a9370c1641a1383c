//~ up to 2 errors
//~ a `i32` column is not text: it has no text lookups
//~ `.cast::<String>()` makes text of it
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| b.pages().contains("3"));
}
