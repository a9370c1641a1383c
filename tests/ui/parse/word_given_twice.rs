//~ `table` is given twice
use eager_orm::prelude::*;

#[derive(Model)]
#[model(table = "a", table = "b")]
struct Book {
    id: i64,
}

fn main() {}
