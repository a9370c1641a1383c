//~ `default_sql` needs a column that cannot be NULL: a new row without a value gets the default
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(default_sql = "CURRENT_TIMESTAMP")]
    made: Option<DateTime>,
}

fn main() {}
