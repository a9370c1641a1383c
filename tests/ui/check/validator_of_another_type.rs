//~ mismatched types
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(validate = is_short)]
    pages: i32,
}

fn is_short(text: &str) -> Result<(), String> {
    if text.len() < 9 { Ok(()) } else { Err("is long".to_owned()) }
}

fn main() {}
