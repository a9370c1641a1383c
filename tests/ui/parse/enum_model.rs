//~ a model is a struct with named fields: an enum is not a table
use eager_orm::prelude::*;

#[derive(Model)]
enum Book {
    Novel,
    Poem,
}

fn main() {}
