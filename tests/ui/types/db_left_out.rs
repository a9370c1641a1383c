//~ this method takes 1 argument but 0 arguments were supplied
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().all();
}
