//~ expected the path of a crate: `crate = "my_orm"`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(crate = "my orm")]
struct Book {
    id: i64,
}

fn main() {}
