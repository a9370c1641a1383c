//~ unknown word `max_lenght`: `#[field(..)]` knows
//~ did you mean `max_length`?
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(max_lenght = 120)]
    title: String,
}

fn main() {}
