//~ a model is a struct with named fields: a union is not a table
use eager_orm::prelude::*;

#[derive(Model)]
union Book {
    id: i64,
    pages: i64,
}

fn main() {}
