//~ up to 4 errors
//~ `f64`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(primary_key = "number, price")]
struct Line {
    number: i64,
    price: f64,
}

fn main() {}
