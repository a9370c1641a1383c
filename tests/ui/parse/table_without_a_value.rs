//~ `table` needs a value: `table = ".."`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(table)]
struct Book {
    id: i64,
}

fn main() {}
