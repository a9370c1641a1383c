//~ up to 4 errors
//~ a HasMany leads to a model, and `ForeignKey` is none
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
    books: HasMany<ForeignKey<Book>>,
}

#[derive(Model)]
struct Book {
    id: i64,
    author: ForeignKey<Author>,
}

fn main() {}
