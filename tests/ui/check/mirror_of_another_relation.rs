//~ the field named by `via` is not a `ManyToMany<Tag>` of `Book`
use eager_orm::prelude::*;

#[derive(Model)]
struct Tag {
    id: i64,
    #[relation(via = "authors")]
    books: ManyToMany<Book>,
}

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    authors: ManyToMany<Author>,
}

fn main() {}
