//~ an enum without variants has no values
use eager_orm::prelude::*;

#[derive(DbEnum)]
enum Status {}

fn main() {}
