//~ a primary key is never absent: write `id: i64`; on insert it may be left out
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: Option<i64>,
    title: String,
}

fn main() {}
