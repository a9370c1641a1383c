//~ a row of a raw statement cannot become a `Book`
//~ `Model::raw(sql, binds)`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = raw::<Book>("..", ());
}
