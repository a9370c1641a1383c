//~ up to 2 errors
//~ `BookTag` is not a model
use eager_orm::prelude::*;

#[derive(Model)]
struct Tag {
    id: i64,
}

struct BookTag;

#[derive(Model)]
struct Book {
    id: i64,
    #[relation(through = BookTag)]
    tags: ManyToMany<Tag>,
}

fn main() {}
