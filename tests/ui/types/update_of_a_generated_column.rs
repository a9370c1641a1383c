//~ only a model's own column can be written
use eager_orm::prelude::*;

#[derive(Model)]
struct Line {
    id: i64,
    price: f64,
    #[field(generated = "price * 2")]
    total: f64,
}

fn main() {
    let db = Database::in_memory().unwrap();
    let _ = Line::objects().update(&db, |l| l.total().set(2.0));
}
