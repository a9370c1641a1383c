//~ expected a number: `max_length = 120`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(max_length = "120")]
    title: String,
}

fn main() {}
