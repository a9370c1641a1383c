//~ two variants are stored as `draft`
use eager_orm::prelude::*;

#[derive(DbEnum)]
enum Status {
    Draft,
    #[db(rename = "draft")]
    Done,
}

fn main() {}
