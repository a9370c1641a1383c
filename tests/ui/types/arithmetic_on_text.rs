//~ cannot add `{integer}` to `Expr<Book, String, Own>`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| (b.title() + 1).gt(3));
}
