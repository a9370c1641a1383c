//~ up to 3 errors
//~ required field `author` of `Book` is not set
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().bulk_create([Book::create().title("x")]);
}
