//~ the field named by `via` is not a `ManyToMany<Tag>` of `Book`
use eager_orm::prelude::*;

#[derive(Model)]
struct Tag {
    id: i64,
    #[relation(via = "tags")]
    books: ManyToMany<Book>,
}

#[derive(Model)]
struct Book {
    id: i64,
    title: String,
}

fn main() {}
