//~ up to 3 errors
//~ mismatched types
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| b.pages().gt(3) && b.pages().lt(5));
}
