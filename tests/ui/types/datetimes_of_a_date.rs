//~ a `Date` column has no time of day
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().datetimes(|b| b.published(), eager_orm::DateUnit::Hour);
}
