//~ SetDefault needs a default: add `#[field(default = ..)]`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    #[relation(on_delete = SetDefault)]
    author: ForeignKey<Author>,
}

fn main() {}
