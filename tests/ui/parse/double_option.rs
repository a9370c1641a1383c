//~ a column is NULL or it is not: write `Option<String>`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    title: Option<Option<String>>,
}

fn main() {}
