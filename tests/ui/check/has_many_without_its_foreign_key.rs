//~ no method named `author` found
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
    books: HasMany<Book>,
}

#[derive(Model)]
struct Book {
    id: i64,
    title: String,
}

fn main() {}
