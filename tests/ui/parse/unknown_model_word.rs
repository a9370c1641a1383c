//~ unknown word `tabel`: `#[model(..)]` knows table, ordering, index, unique, check
//~ did you mean `table`?
use eager_orm::prelude::*;

#[derive(Model)]
#[model(tabel = "books")]
struct Book {
    id: i64,
}

fn main() {}
