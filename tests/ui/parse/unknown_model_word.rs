//~ unknown word `tabel`: `#[model(..)]` knows table, primary_key, ordering, index, unique, check, validate, hooks, serialize, crate
//~ did you mean `table`?
use eager_orm::prelude::*;

#[derive(Model)]
#[model(tabel = "books")]
struct Book {
    id: i64,
}

fn main() {}
