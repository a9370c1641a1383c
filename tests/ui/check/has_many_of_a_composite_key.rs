//~ no relation leads to `Line`, whose primary key is of several columns
use eager_orm::prelude::*;

#[derive(Model)]
#[model(primary_key = "number, code")]
struct Line {
    number: i64,
    code: String,
    notes: HasMany<Note>,
}

#[derive(Model)]
struct Note {
    id: i64,
}

fn main() {}
