//~ no text has at least 9 and at most 3 characters
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(min_length = 9, max_length = 3)]
    title: String,
}

fn main() {}
