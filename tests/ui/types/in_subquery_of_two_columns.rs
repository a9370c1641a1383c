//~ is not a set of `i64` values
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| b.id().in_(Book::objects().values_list(|b| (b.id(), b.title()))));
}
