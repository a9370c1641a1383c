//~ `publisher` is not a field of `Book`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(unique(fields = "publisher, title"))]
struct Book {
    id: i64,
    title: String,
}

fn main() {}
