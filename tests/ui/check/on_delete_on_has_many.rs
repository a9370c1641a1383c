//~ `on_delete` belongs on the ForeignKey at the other side of this HasMany
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
    #[relation(on_delete = Cascade)]
    books: HasMany<Book>,
}

#[derive(Model)]
struct Book {
    id: i64,
    author: ForeignKey<Author>,
}

fn main() {}
