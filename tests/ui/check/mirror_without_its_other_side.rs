//~ no method named `tags` found
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
