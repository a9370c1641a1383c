//~ `#[relation(..)]` belongs on a ForeignKey, HasMany, HasOne or ManyToMany: this is a column
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[relation(column = "t")]
    title: String,
}

fn main() {}
