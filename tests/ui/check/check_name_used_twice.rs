//~ two checks are called `long`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(check(name = "long", sql = "pages > 1"), check(name = "long", sql = "pages > 2"))]
struct Book {
    id: i64,
    pages: i32,
}

fn main() {}
