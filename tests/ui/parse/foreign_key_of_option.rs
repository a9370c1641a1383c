//~ up to 11 errors
//~ the key can be absent, not the model: write `Option<ForeignKey<Author>>`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    author: ForeignKey<Option<Author>>,
}

fn main() {}
