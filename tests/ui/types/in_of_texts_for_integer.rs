//~ `&str` cannot be compared with, or assigned to, a `i64` column
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| b.id().in_(["a"]));
}
