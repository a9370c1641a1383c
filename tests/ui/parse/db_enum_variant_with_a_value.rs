//~ a variant with values in it has no name to be stored as
use eager_orm::prelude::*;

#[derive(DbEnum)]
enum Status {
    Draft,
    Sent(i64),
}

fn main() {}
