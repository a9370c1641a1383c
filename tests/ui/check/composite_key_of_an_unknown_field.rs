//~ up to 2 errors
//~ `cod` is not a field of `Line`; did you mean `code`?
use eager_orm::prelude::*;

#[derive(Model)]
#[model(primary_key = "number, cod")]
struct Line {
    number: i64,
    code: String,
}

fn main() {}
