//~ `title` stands twice in this index
use eager_orm::prelude::*;

#[derive(Model)]
#[model(index(fields = "title, title"))]
struct Book {
    id: i64,
    title: String,
}

fn main() {}
