//~ up to 2 errors
//~ a part of the primary key is always loaded: leave the `Deferred` out
use eager_orm::prelude::*;

#[derive(Model)]
#[model(primary_key = "number, code")]
struct Line {
    number: i64,
    code: Deferred<String>,
}

fn main() {}
