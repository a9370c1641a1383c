//~ `generated` belongs on a plain column: a ForeignKey is set by the program
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(generated = "1")]
    sequel_of: Option<ForeignKey<Book>>,
}

fn main() {}
