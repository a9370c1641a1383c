//~ a `i32` column is not text
//~ `.cast::<String>()` makes text of it
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().values_list(|b| concat((b.title(), b.pages())));
}
