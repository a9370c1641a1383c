//~ `min_length` belongs on a `String`, an `Option<String>` or a `Deferred<String>`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(min_length = 3)]
    pages: i32,
}

fn main() {}
