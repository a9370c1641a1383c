//~ a column type cannot be generic
use eager_orm::prelude::*;

#[derive(DbValue)]
struct Id<T>(T);

fn main() {}
