//~ my_orm
use eager_orm::prelude::*;

#[derive(Model)]
#[model(crate = "my_orm")]
struct Book {
    id: i64,
}

fn main() {}
