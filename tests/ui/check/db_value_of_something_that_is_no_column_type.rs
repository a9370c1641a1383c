//~ up to 4 errors
//~ `u128` cannot be stored in a column
use eager_orm::prelude::*;

#[derive(DbValue)]
struct Big(u128);

fn main() {}
