//~ is not text of a `Book` query
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().values_list(|b| concat((b.title(), b.pages())));
}
