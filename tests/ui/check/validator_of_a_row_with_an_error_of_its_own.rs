//~ `std::fmt::Error` does not say what is wrong with a row
use eager_orm::{Written, prelude::*};

#[derive(Model)]
#[model(validate = is_short)]
struct Book {
    id: i64,
    pages: i32,
}

fn is_short(_: &Written<'_, Book>) -> Result<(), std::fmt::Error> {
    Ok(())
}

fn main() {}
