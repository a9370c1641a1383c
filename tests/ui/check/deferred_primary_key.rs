//~ a primary key is always loaded: write `id: i64`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: Deferred<i64>,
}

fn main() {}
