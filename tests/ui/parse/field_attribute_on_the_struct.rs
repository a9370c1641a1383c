//~ this attribute belongs on a field: the struct has `#[model(..)]`
use eager_orm::prelude::*;

#[derive(Model)]
#[field(unique)]
struct Book {
    id: i64,
}

fn main() {}
