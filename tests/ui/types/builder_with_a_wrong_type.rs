//~ `{integer}` is not a value for a `String` field
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::create().title(3);
}
