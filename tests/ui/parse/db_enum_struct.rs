//~ `DbEnum` is for an enum: a struct is a column type with `#[derive(DbValue)]`
use eager_orm::prelude::*;

#[derive(DbEnum)]
struct Status(i64);

fn main() {}
