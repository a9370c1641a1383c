//~ a `String` column has no date parts
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().dates(|b| b.title(), eager_orm::DateUnit::Year);
}
