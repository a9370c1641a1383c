//~ up to 4 errors
//~ no relation leads to a model whose primary key is `(i64, String)`, of several columns
use eager_orm::prelude::*;

#[derive(Model)]
#[model(primary_key = "number, code")]
struct Line {
    number: i64,
    code: String,
}

#[derive(Model)]
struct Note {
    id: i64,
    lines: ManyToMany<Line>,
}

fn main() {}
