//~ `select_related` cannot load this by a JOIN from `Book`
//~ a column is loaded with its row
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().select_related(|b| b.title());
}
