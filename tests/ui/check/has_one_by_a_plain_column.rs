//~ this relation needs a unique foreign key of `Profile` to `User`, and the field it names is none
//~ expected a `#[field(unique)] .. : ForeignKey<User>` of this name in `Profile`
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
