//~ a field name is missing in this list
use eager_orm::prelude::*;

#[derive(Model)]
#[model(ordering = "title,")]
struct Book {
    id: i64,
    title: String,
}

fn main() {}
