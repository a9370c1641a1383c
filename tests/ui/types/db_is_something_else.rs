//~ `{integer}` cannot run a query
//~ expected `&Database`, `&Transaction` or `&Snapshot`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().all(&3);
}
