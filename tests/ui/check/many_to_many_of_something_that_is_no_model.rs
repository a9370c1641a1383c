//~ up to 7 errors
//~ `Tag` is not a model
use eager_orm::prelude::*;

struct Tag;

#[derive(Model)]
struct Book {
    id: i64,
    tags: ManyToMany<Tag>,
}

fn main() {}
