//~ up to 2 errors
//~ a part of the primary key is never absent: leave the `Option` out
use eager_orm::prelude::*;

#[derive(Model)]
#[model(primary_key = "number, code")]
struct Line {
    number: i64,
    code: Option<String>,
}

fn main() {}
