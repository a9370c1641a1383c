//~ expected `index(fields = "..")`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(index = "title")]
struct Book {
    id: i64,
    title: String,
}

fn main() {}
