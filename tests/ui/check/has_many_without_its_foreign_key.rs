//~ this relation needs a foreign key of `Book` to `Author`, and the field it names is none
//~ the foreign key is called like `Author` in snake case; where it is not, name it: `#[relation(via = "..")]`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
    books: HasMany<Book>,
}

#[derive(Model)]
struct Book {
    id: i64,
    title: String,
}

fn main() {}
