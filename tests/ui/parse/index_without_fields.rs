//~ which fields? write `index(fields = "..")`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(index(name = "by_title"))]
struct Book {
    id: i64,
    title: String,
}

fn main() {}
