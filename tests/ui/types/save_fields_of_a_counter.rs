//~ only a model's own column can be written
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    reviews: HasMany<Review>,
    #[field(counter_of = reviews)]
    review_count: i64,
}

#[derive(Model)]
struct Review {
    id: i64,
    book: ForeignKey<Book>,
}

fn main() {
    let db = Database::in_memory().unwrap();
    let mut book = Book::objects().get(&db).unwrap();
    let _ = book.save_fields(&db, |b| b.review_count());
}
