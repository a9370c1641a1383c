//~ `Cond<Author>` is not a condition on `Book`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn search(famous: Cond<Author>) {
    let _ = Book::objects().filter(|b| b.pages().gt(3) & famous);
}

fn main() {}
