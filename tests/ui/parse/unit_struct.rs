//~ a model has named fields: this struct has no columns
use eager_orm::prelude::*;

#[derive(Model)]
struct Book;

fn main() {}
