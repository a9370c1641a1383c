//~ a `i64` cannot hold the time of a write
//~ up to 2 errors
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(auto_now)]
    updated: i64,
}

fn main() {}
