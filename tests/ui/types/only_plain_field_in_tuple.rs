//~ only a `Deferred<..>` field can be left unloaded, and this is a plain one
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().only(|b| (b.summary(), b.title()));
}
