//~ two fields of `Book` are stored in column `author_id`: rename one of them
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    author: ForeignKey<Author>,
    author_id: i64,
}

fn main() {}
