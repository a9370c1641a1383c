//~ up to 3 errors
//~ the trait bound `Isbn: From<String>` is not satisfied
use eager_orm::prelude::*;

#[derive(DbValue)]
#[db(try_from)]
struct Isbn(String);

fn main() {}
