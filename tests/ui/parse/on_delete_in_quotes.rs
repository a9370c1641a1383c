//~ expected one of Cascade, Protect, Restrict, SetNull, SetDefault, DoNothing here, without quotes
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    #[relation(on_delete = "Cascade")]
    author: ForeignKey<Author>,
}

fn main() {}
