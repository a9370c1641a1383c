//~ `&str` is not a `Author` row and not a `Author` key
//~ expected `&Author`, a key of type `i64`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| b.author().eq("JFK"));
}
