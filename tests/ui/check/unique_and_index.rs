//~ `unique` makes an index already: leave `index` out
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(unique, index)]
    title: String,
}

fn main() {}
