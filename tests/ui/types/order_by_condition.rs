//~ `Cond<Book>` is not an order of `Book` rows
//~ expected a column, `.asc()`, `.desc()`, or a tuple of up to 12 of them
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().order_by(|b| b.pages().gt(3));
}
