//~ no method named `tag` found
use eager_orm::prelude::*;

#[derive(Model)]
struct Tag {
    id: i64,
}

#[derive(Model)]
struct BookTag {
    id: i64,
    book: ForeignKey<Book>,
}

#[derive(Model)]
struct Book {
    id: i64,
    #[relation(through = BookTag)]
    tags: ManyToMany<Tag>,
}

fn main() {}
