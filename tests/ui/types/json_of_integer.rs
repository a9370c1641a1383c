//~ the trait bound `i32: JsonBase` is not satisfied
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().values_list(|b| b.pages().json::<i64>("$.a"));
}
