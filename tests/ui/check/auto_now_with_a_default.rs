//~ `auto_now_add` says already where the value comes from: leave `default` out
use eager_orm::prelude::*;

#[derive(Model)]
struct Book {
    id: i64,
    #[field(auto_now_add, default = Timestamp::now())]
    created: Timestamp,
}

fn main() {}
