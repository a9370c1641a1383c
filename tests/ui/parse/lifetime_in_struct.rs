//~ a model cannot be generic
use eager_orm::prelude::*;

#[derive(Model)]
struct Book<'a> {
    id: i64,
    title: &'a str,
}

fn main() {}
