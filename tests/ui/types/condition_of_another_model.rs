//~ `Cond<Author>` is not a condition on `Book`
//~ a condition of another model reaches it through a relation
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn famous(a: &Fields<Author>) -> Cond<Author> {
    a.name().eq("Ann")
}

fn search(author: Fields<Author>) {
    let _ = Book::objects().filter(|_| famous(&author));
}

fn main() {}
