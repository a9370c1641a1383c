//~ a Memo is not stored: there is nothing to say about it
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(default = 0)]
    length: Memo<i32>,
}

fn main() {}
