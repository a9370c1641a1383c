//~ `unique` belongs in `#[field(..)]`, not in `#[relation(..)]`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    #[relation(unique)]
    author: ForeignKey<Author>,
}

fn main() {}
