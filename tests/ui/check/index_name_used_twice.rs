//~ two indexes are called `book_title_idx`: leave one out, or give it a `name`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(index(fields = "title"), index(fields = "title"))]
struct Book {
    id: i64,
    title: String,
}

fn main() {}
