//~ a query could not name this field: every value has a method `into`
use eager_orm::prelude::*;

#[derive(Model)]
pub struct Way {
    pub id: i64,
    pub into: String,
}

fn main() {}
