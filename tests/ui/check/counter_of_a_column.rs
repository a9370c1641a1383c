//~ `title` is not a HasMany or ManyToMany: there is nothing to count
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    title: String,
    #[field(counter_of = title)]
    title_count: i64,
}

fn main() {}
