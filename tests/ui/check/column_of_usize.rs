//~ up to 7 errors
//~ `usize` cannot be stored in a column
//~ use an integer up to 64 bits signed
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    pages: usize,
}

fn main() {}
