//~ expected the name of the model in between: `through = BookTag`
use eager_orm::prelude::*;

#[derive(Model)]
struct Author {
    id: i64,
    #[relation(through = "BookTag")]
    tags: ManyToMany<Author>,
}

fn main() {}
