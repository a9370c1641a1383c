//~ binary operation `>` cannot be applied to type `Expr<Book, i32, Own>`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| b.pages() > 300);
}
