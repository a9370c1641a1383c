//~ up to 2 errors
//~ cannot find type `Author`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    author: ForeignKey<Author>,
}

fn main() {}
