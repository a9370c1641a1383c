//~ the field named by `via` is not a foreign key of `Profile` to `User`
use eager_orm::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    #[relation(via = "bio")]
    profile: HasOne<Profile>,
}

#[derive(Model)]
struct Profile {
    id: i64,
    bio: String,
}

fn main() {}
