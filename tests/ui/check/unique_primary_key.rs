//~ a primary key is unique and indexed already: leave `unique` out
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    #[field(primary_key, unique)]
    isbn: String,
}

fn main() {}
