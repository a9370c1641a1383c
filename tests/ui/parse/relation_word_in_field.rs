//~ `on_delete` belongs in `#[relation(..)]`, not in `#[field(..)]`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    #[field(on_delete = Cascade)]
    author: ForeignKey<Author>,
}

fn main() {}
