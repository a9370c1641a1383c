//~ `titel` is not a field of `Book`
//~ did you mean `title`?
use eager_orm::prelude::*;

#[derive(Model)]
#[model(ordering = "-titel")]
struct Book {
    id: i64,
    title: String,
}

fn main() {}
