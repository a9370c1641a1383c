//~ expected `,` after `unique` in `#[field(..)]`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(unique max_length = 3)]
    title: String,
}

fn main() {}
