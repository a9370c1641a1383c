//~ mismatched types
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(min = 0.5)]
    pages: i32,
}

fn main() {}
