//~ this cannot be prefetched from `Book`
//~ end it with `.to(|x| x.slot())`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().prefetch_related(|b| b.reviews().order_by(|r| r.stars()).query(|q| q.distinct()));
}
