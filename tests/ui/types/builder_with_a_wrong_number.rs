//~ mismatched types
//~ expected `i32`, found floating-point number
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::create().pages(1.5);
}
