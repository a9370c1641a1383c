//~ unknown case `snake`: expected one of snake_case, kebab-case, lowercase
use eager_orm::prelude::*;

#[derive(DbEnum)]
#[db(rename_all = "snake")]
enum Status {
    Draft,
}

fn main() {}
