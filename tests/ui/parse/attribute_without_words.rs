//~ expected `#[field(..)]`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field]
    title: String,
}

fn main() {}
