//~ `{integer}` cannot be compared with, or assigned to, a `String` column of a `Book` query
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| b.title().eq(3));
}
