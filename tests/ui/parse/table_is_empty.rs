//~ `table` is empty
use eager_orm::prelude::*;

#[derive(Model)]
#[model(table = "")]
struct Book {
    id: i64,
}

fn main() {}
