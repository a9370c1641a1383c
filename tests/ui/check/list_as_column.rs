//~ up to 7 errors
//~ cannot be stored in a column
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    tags: Vec<String>,
}

fn main() {}
