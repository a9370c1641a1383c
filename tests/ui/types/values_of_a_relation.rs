//~ cannot be selected from `Book`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().values_list(|b| (b.id(), b.tags()));
}
