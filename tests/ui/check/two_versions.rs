//~ `one` is the version of `Book` already: unmark `two`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(version)]
    one: i64,
    #[field(version)]
    two: i64,
}

fn main() {}
