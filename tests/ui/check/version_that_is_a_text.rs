//~ `version` belongs on an integer: write `version: i64`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(version)]
    version: String,
}

fn main() {}
