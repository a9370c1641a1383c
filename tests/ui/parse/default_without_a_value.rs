//~ `default` needs a value: `default = 0`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(default)]
    pages: i32,
}

fn main() {}
