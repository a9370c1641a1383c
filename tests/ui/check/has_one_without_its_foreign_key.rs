//~ no method named `user` found
use eager_orm::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    profile: HasOne<Profile>,
}

#[derive(Model)]
struct Profile {
    id: i64,
}

fn main() {}
