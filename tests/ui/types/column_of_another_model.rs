//~ `Expr<Author, i32>` cannot be compared with, or assigned to, a `i32` column of a `Book` query
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn search(born: Expr<Author, i32>) {
    let _ = Book::objects().filter(|b| b.pages().gt(born));
}

fn main() {}
