//~ both foreign keys of `Friendship` lead to `Person`: name them, `through(Friendship, from = "..", to = "..")`
use eager_orm::prelude::*;

#[derive(Model)]
struct Person {
    id: i64,
    #[relation(through = Friendship)]
    friends: ManyToMany<Person>,
}

#[derive(Model)]
struct Friendship {
    id: i64,
    one: ForeignKey<Person>,
    other: ForeignKey<Person>,
}

fn main() {}
