//~ the field of a model is `Option<Isbn>`, and `Isbn` holds a value that is there
use eager_orm::prelude::*;

#[derive(DbValue)]
struct Isbn(Option<String>);

fn main() {}
