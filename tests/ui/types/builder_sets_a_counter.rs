//~ this field is computed by the database: it cannot be set
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
    let _ = Book::create().review_count(2);
}
