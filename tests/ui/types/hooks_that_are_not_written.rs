//~ `Book` says `#[model(hooks)]` and has no `impl Hooks`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(hooks)]
struct Book {
    id: i64,
}

fn main() {}
