//~ `stored_as` needs a value: `stored_as = String`
use eager_orm::prelude::*;

#[derive(DbValue)]
#[db(stored_as)]
struct Isbn(u128);

fn main() {}
