//~ `column` belongs in `#[field(..)]`, not in `#[model(..)]`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(column = "id")]
struct Book {
    id: i64,
}

fn main() {}
