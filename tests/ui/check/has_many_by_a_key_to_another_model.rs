//~ the field named by `via` is not a foreign key of `Book` to `Author`
//~ name it with `#[relation(via = "..")]`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
    #[relation(via = "publisher")]
    books: HasMany<Book>,
}

#[derive(Model)]
struct Publisher {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    author: ForeignKey<Author>,
    publisher: ForeignKey<Publisher>,
}

fn main() {}
