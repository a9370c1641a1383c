//~ the field named by `via` is not a foreign key of `Book` to `Author`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
    #[relation(via = "title")]
    books: HasMany<Book>,
}

#[derive(Model)]
struct Book {
    id: i64,
    author: ForeignKey<Author>,
    title: String,
}

fn main() {}
