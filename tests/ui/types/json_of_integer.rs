//~ a `i32` column is not text: it has no text lookups
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().values_list(|b| b.pages().json::<i64>("$.a"));
}
