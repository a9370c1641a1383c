//~ up to 40 errors
//~ no relation leads to a model whose primary key is `(i64, String)`, of several columns
//~ the model at the other end has a composite primary key
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
    line: ForeignKey<Line>,
}

fn main() {}
