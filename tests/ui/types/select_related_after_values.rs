//~ no method named `select_related` found
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().values_list(|b| b.id()).select_related(|b| b.author());
}
