//~ `Book` cannot be stored in a column
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn find(book: Book) {
    let _ = raw::<i64>("..", (book,));
}

fn main() {
    let _ = find;
}
