//~ the value can be absent, its column cannot: write `Deferred<Option<String>>`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    summary: Option<Deferred<String>>,
}

fn main() {}
