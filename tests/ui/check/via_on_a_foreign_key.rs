//~ `via` belongs on HasMany, HasOne or ManyToMany: a ForeignKey is the column itself
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    #[relation(via = "books")]
    author: ForeignKey<Author>,
}

fn main() {}
