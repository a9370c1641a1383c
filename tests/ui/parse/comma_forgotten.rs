//~ `unique` takes no value: write it alone, or leave it out
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(unique max_length = 3)]
    title: String,
}

fn main() {}
