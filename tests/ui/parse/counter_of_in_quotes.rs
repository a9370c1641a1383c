//~ expected the name of a relation, without quotes: `counter_of = reviews`
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    sequels: ManyToMany<Book>,
    #[field(counter_of = "sequels")]
    sequel_count: i64,
}

fn main() {}
