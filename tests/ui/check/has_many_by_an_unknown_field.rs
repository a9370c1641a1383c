//~ no method named `writer` found
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
    #[relation(via = "writer")]
    books: HasMany<Book>,
}

#[derive(Model)]
struct Book {
    id: i64,
    author: ForeignKey<Author>,
}

fn main() {}
