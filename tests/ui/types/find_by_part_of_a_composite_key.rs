//~ `{integer}` is not a `Line` row and not a `Line` key
//~ `(i64, String)`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(primary_key = "number, code")]
struct Line {
    number: i64,
    code: String,
}

fn main() {
    let db = Database::in_memory().unwrap();
    let _ = Line::objects().find(&db, 7);
}
