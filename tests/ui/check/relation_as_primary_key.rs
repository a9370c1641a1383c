//~ `id` is not a column, so it cannot be the primary key
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Tag {
    id: ManyToMany<Author>,
}

fn main() {}
