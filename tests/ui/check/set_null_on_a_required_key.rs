//~ SetNull needs a column that can be NULL: write `Option<ForeignKey<Author>>`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    #[relation(on_delete = SetNull)]
    author: ForeignKey<Author>,
}

fn main() {}
