//~ `Done` is stored as its number, so it says which: `Done = 1`
use eager_orm::prelude::*;

#[derive(DbEnum)]
#[db(integer)]
enum Status {
    Draft = 1,
    Done,
}

fn main() {}
