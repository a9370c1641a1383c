//~ a `Role` column is not text
use eager_orm::prelude::*;

#[derive(DbValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[db(key)]
struct UserId(i64);

#[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
enum Role {
    Member,
    Admin,
}

#[derive(DbValue, Clone, Debug, PartialEq, Eq, Hash)]
#[db(key)]
struct Code(String);

#[derive(Model)]
struct User {
    id: UserId,
    role: Role,
}

#[derive(Model)]
struct Country {
    #[field(primary_key)]
    code: Code,
    president: ForeignKey<User>,
}

fn main() {
    let _ = User::objects().filter(|u| u.role().contains(Role::Admin));
}
