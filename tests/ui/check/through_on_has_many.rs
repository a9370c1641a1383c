//~ `through` belongs on ManyToMany: a HasMany has no table between the models
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
    #[relation(through = Book)]
    books: HasMany<Book>,
}

#[derive(Model)]
struct Book {
    id: i64,
    author: ForeignKey<Author>,
}

fn main() {}
