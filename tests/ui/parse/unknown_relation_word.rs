//~ unknown word `on_delet`: `#[relation(..)]` knows
//~ did you mean `on_delete`?
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    #[relation(on_delet = Cascade)]
    author: ForeignKey<Author>,
}

fn main() {}
