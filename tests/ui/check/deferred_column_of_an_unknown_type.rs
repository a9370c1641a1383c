//~ up to 7 errors
//~ `Isbn` cannot be stored in a column
use eager_orm::prelude::*;

#[derive(Debug, Clone)]
struct Isbn;

#[derive(Model)]
struct Book {
    id: i64,
    isbn: Deferred<Isbn>,
}

fn main() {}
