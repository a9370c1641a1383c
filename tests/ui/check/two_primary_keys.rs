//~ `Book` has one primary key, and `isbn` is marked already: unmark `code`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    #[field(primary_key)]
    isbn: String,
    #[field(primary_key)]
    code: String,
}

fn main() {}
