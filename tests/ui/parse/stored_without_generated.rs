//~ `stored` is about a generated column: `generated = "a + b", stored`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(stored)]
    pages: i32,
}

fn main() {}
