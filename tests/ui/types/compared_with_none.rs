//~ up to 2 errors
//~ type annotations needed
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| b.isbn().eq(None));
}
