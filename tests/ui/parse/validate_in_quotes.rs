//~ expected a function, without quotes: `validate = my_function`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(validate = "is_short")]
    title: String,
}

fn main() {}
