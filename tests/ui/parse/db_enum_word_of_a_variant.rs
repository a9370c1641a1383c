//~ `rename` belongs in `#[db(..)] on a variant`
use eager_orm::prelude::*;

#[derive(DbEnum)]
#[db(rename = "state")]
enum Status {
    Draft,
}

fn main() {}
