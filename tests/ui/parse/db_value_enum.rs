//~ an enum of names is a column type with `#[derive(DbEnum)]`
use eager_orm::prelude::*;

#[derive(DbValue)]
enum Status {
    Draft,
}

fn main() {}
