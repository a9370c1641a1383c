//~ up to 4 errors
//~ `Place` cannot be a primary key
//~ a newtype of one is a key with `#[db(key)]`
use eager_orm::prelude::*;

#[derive(DbValue, Clone, Debug, PartialEq)]
struct Place(f64);

#[derive(Model)]
struct Point {
    id: Place,
}

fn main() {}
