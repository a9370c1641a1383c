//~ expected a text: `table = ".."`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(table = Book)]
struct Book {
    id: i64,
}

fn main() {}
