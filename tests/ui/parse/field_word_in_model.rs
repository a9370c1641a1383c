//~ `primary_key` belongs in `#[field(..)]`, not in `#[model(..)]`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(primary_key = "id")]
struct Book {
    id: i64,
}

fn main() {}
