//~ up to 7 errors
//~ `Review` is not a model
use eager_orm::prelude::*;

struct Review;

#[derive(Model)]
struct Book {
    id: i64,
    reviews: HasMany<Review>,
}

fn main() {}
