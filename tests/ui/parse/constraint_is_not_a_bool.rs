//~ expected `true` or `false`: `constraint = false`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    #[relation(constraint = off)]
    author: ForeignKey<Author>,
}

fn main() {}
