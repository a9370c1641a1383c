//~ up to 3 errors
//~ `f64` cannot be a primary key
//~ use i64, i32, i16, u32 or String
use eager_orm::prelude::*;

#[derive(Model)]
struct Point {
    id: f64,
}

fn main() {}
