//~ this field is computed by the database: it cannot be set
use eager_orm::prelude::*;

#[derive(Model)]
struct Line {
    id: i64,
    price: f64,
    #[field(generated = "price * 2")]
    total: f64,
}

fn main() {
    let _ = Line::create().price(1.0).total(2.0);
}
