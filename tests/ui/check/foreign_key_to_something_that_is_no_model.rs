//~ up to 55 errors
//~ `Author` is not a model
//~ add `#[derive(Model)]` to `Author`
use eager_orm::prelude::*;

struct Author;

#[derive(Model)]
struct Book {
    id: i64,
    author: ForeignKey<Author>,
}

fn main() {}
