//~ up to 2 errors
//~ a key of one field is marked there: `#[field(primary_key)]`
use eager_orm::prelude::*;

#[derive(Model)]
#[model(primary_key = "code")]
struct Country {
    code: String,
}

fn main() {}
