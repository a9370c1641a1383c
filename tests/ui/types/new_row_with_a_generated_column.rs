//~ has no field named `total`
use eager_orm::prelude::*;

#[derive(Model)]
struct Line {
    id: i64,
    price: f64,
    #[field(generated = "price * 2")]
    total: f64,
}

fn main() {
    let _ = NewLine { id: None, price: 1.0, total: 2.0 };
}
