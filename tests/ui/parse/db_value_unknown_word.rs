//~ unknown word `tryfrom`: `#[db(..)]` knows key, try_from, stored_as, crate; did you mean `try_from`?
use eager_orm::prelude::*;

#[derive(DbValue)]
#[db(tryfrom)]
struct Isbn(String);

fn main() {}
