//~ is not a `Book` row and not a `Book` key
//~ a column of the enclosing query is written `outer(..)` inside a subquery
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| exists(Review::objects().filter(|r| r.book().eq(b.id()))));
}
