//~ a check has a name and a condition: `check(name = "..", sql = "..")`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(check(name = "long"))]
struct Book {
    id: i64,
    pages: i32,
}

fn main() {}
