//~ `titel` is not a field of `Book`
//~ did you mean `title`?
use eager_orm::prelude::*;

#[derive(Model)]
#[model(index(fields = "titel, pages"))]
struct Book {
    id: i64,
    title: String,
    pages: i32,
}

fn main() {}
