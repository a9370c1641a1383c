//~ unknown action `Cascad`: expected one of Cascade
//~ did you mean `Cascade`?
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    #[relation(on_delete = Cascad)]
    author: ForeignKey<Author>,
}

fn main() {}
