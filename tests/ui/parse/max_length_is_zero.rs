//~ a text of length 0 holds nothing
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(max_length = 0)]
    title: String,
}

fn main() {}
