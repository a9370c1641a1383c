//~ model `Book` has no primary key: add `pub id: i64`, or mark a field with `#[field(primary_key)]`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    title: String,
}

fn main() {}
