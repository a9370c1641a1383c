//~ `Expr<Author, String>` is not an order of `Book` rows
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn sort(name: Expr<Author, String>) {
    let _ = Book::objects().order_by(|_| name);
}

fn main() {}
