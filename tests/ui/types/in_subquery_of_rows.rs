//~ `QuerySet<Book>` is not a set of `i64` values
//~ expected an array, a Vec, a slice or a queryset of one `i64` column
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| b.id().in_(Book::objects()));
}
