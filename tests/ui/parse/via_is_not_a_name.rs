//~ expected the name of a field, and `the author` cannot be one
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
    #[relation(via = "the author")]
    books: HasMany<Author>,
}

fn main() {}
