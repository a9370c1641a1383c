//~ `generated` is computed by the database, so there is nothing to validate
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(generated = "1", min = 0)]
    pages: i32,
}

fn main() {}
