//~ `#[model(..)]` belongs on the struct
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[model(table = "x")]
    title: String,
}

fn main() {}
