//~ unknown word `tabel`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(tabel = "books")]
struct Book {
    id: i64,
    title: String,
    author: ForeignKey<Author>,
}

#[derive(Model)]
struct Author {
    id: i64,
    books: HasMany<Book>,
}

fn main() {
    let _ = Book::objects().filter(|b| b.title().eq("x")).select_related(|b| b.author());
    let _ = Book::create().title("x").author(1).build();
}
