//~ cannot apply unary operator `-`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().order_by(|b| b.id()).offset(-1).limit(1);
}
