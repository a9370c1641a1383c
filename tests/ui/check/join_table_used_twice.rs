//~ table `links` is in use: name another with `table = ".."`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
}

#[derive(Model)]
struct Book {
    id: i64,
    #[relation(table = "links")]
    authors: ManyToMany<Author>,
    #[relation(table = "links")]
    editors: ManyToMany<Author>,
}

fn main() {}
