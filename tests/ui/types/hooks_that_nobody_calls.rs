//~ `Book` has hooks that nobody would call
use eager_orm::{Hooks, prelude::*};

#[derive(Model)]
struct Book {
    id: i64,
}

impl Hooks for Book {}

fn main() {}
