//~ `generated` cannot be the primary key: the row is known by it before it is written
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    #[field(generated = "1")]
    id: i64,
}

fn main() {}
