//~ `revews` is not a relation of `Book`; did you mean `reviews`?
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    reviews: HasMany<Review>,
    #[field(counter_of = revews)]
    review_count: i64,
}

#[derive(Model)]
struct Review {
    id: i64,
    book: ForeignKey<Book>,
}

fn main() {}
