//~ `generated` says already where the value comes from: leave `default_sql` out
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(generated = "1", default_sql = "2")]
    pages: i32,
}

fn main() {}
