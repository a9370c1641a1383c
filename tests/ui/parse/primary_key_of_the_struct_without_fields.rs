//~ up to 2 errors
//~ a key of one field is marked there, `#[field(primary_key)]`; of several it is
use eager_orm::prelude::*;

#[derive(Model)]
#[model(primary_key)]
struct Country {
    code: String,
}

fn main() {}
