//~ mismatched types
use eager_orm::prelude::*;

#[derive(Model)]
#[model(validate = is_short)]
struct Book {
    id: i64,
    pages: i32,
}

fn is_short(book: &NewBook) -> Result<(), &'static str> {
    if book.pages < 9 { Ok(()) } else { Err("is long") }
}

fn main() {}
