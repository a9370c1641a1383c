//~ a ForeignKey as primary key is not supported yet: add `pub id: i64`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Profile {
    #[field(primary_key)]
    author: ForeignKey<Author>,
}

fn main() {}
