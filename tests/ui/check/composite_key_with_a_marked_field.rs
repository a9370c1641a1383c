//~ the key of `Line` is said above the struct: leave this out of `number`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(primary_key = "number, code")]
struct Line {
    #[field(primary_key)]
    number: i64,
    code: String,
}

fn main() {}
