//~ up to 2 errors
//~ `ForeignKey` has one type inside: `ForeignKey<Author>`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    author: ForeignKey,
}

fn main() {}
