//~ `select_related` cannot go through a to-many relation
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Author::objects().select_related(|a| a.books().publisher());
}
