//~ only a model's own column can be written
use eager_orm::prelude::*;

#[derive(Model)]
struct Account {
    id: i64,
    #[field(version)]
    version: i64,
}

fn main() {
    let db = Database::in_memory().unwrap();
    let _ = Account::objects().update(&db, |a| a.version().set(1));
}
