//~ up to 4 errors
//~ `Review` is not a model
use eager_orm::prelude::*;

struct Review;

#[derive(Model)]
struct Book {
    id: i64,
    top_reviews: Prefetched<Review>,
}

fn main() {}
