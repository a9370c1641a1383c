//~ the trait bound `UserId: Hash` is not satisfied
use eager_orm::prelude::*;

#[derive(DbValue, Clone, Debug, PartialEq, Eq)]
#[db(key)]
struct UserId(i64);

fn main() {}
