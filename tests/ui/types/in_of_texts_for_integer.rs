//~ the trait bound `str: Literal<i64>` is not satisfied
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| b.id().in_(["a"]));
}
