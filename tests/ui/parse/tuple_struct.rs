//~ a model has named fields: a tuple struct has no names for its columns
use eager_orm::prelude::*;

#[derive(Model)]
struct Book(i64, String);

fn main() {}
