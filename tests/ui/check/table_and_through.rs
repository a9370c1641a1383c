//~ `table` names a table made for this relation, and this one has its own already
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
    #[relation(through = BookTag, table = "links")]
    tags: ManyToMany<Tag>,
}

fn main() {}
