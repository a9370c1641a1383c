//~ `Plain` is not a model
//~ expected a struct with `#[derive(Model)]`
use eager_orm::prelude::*;

struct Plain;

fn main() {
    let _ = Plain::objects();
}
