//~ up to 3 errors
//~ field `title` is already declared
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    title: String,
    title: String,
}

fn main() {}
