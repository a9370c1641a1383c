//~ `author_id` is a column: write the name of its field, `author`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
#[model(ordering = "author_id")]
struct Book {
    id: i64,
    author: ForeignKey<Author>,
}

fn main() {}
