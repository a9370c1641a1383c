//~ `through` and `via` are two ways to say it
use eager_orm::prelude::*;

#[derive(Model)]
struct Tag {
    id: i64,
}

#[derive(Model)]
struct BookTag {
    id: i64,
    book: ForeignKey<Book>,
    tag: ForeignKey<Tag>,
}

#[derive(Model)]
struct Book {
    id: i64,
    #[relation(through = BookTag, via = "books")]
    tags: ManyToMany<Tag>,
}

fn main() {}
