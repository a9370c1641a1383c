//~ a HasMany is never absent: write `HasMany<Book>`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
    books: Option<HasMany<Book>>,
}

#[derive(Model)]
struct Book {
    id: i64,
    author: ForeignKey<Author>,
}

fn main() {}
