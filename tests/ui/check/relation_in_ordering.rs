//~ `books` is not a column of `Author`: only stored fields can be ordered by
use eager_orm::prelude::*;

#[derive(Model)]
#[model(ordering = "books")]
struct Author {
    id: i64,
    books: HasMany<Book>,
}

#[derive(Model)]
struct Book {
    id: i64,
    author: ForeignKey<Author>,
}

fn main() {}
