//~ `{float}` cannot be compared with, or assigned to, a `i32` column of a `Book` query
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| b.pages().gt(1.5));
}
