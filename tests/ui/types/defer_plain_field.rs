//~ only a `Deferred<..>` field can be left unloaded, and this is a plain one
//~ declare it `Deferred<T>` in the model
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().defer(|b| b.title());
}
