//~ `on_delete` belongs on a ForeignKey: for a ManyToMany, on those of its `through` model
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    #[relation(on_delete = Cascade)]
    authors: ManyToMany<Author>,
}

fn main() {}
