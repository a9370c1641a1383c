//~ a model cannot be generic: a table has one type for each column
use eager_orm::prelude::*;

#[derive(Model)]
struct Book<T> {
    id: i64,
    title: T,
}

fn main() {}
