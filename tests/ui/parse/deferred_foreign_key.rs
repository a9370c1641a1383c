//~ a ForeignKey cannot be deferred
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    author: Deferred<ForeignKey<Author>>,
}

fn main() {}
