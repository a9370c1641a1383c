//~ `#[field(..)]` belongs on stored fields: a HasMany has no column
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
    #[field(index)]
    books: HasMany<Book>,
}

#[derive(Model)]
struct Book {
    id: i64,
    author: ForeignKey<Author>,
}

fn main() {}
