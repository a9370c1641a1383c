//~ `i32` cannot be compared with, or assigned to, a `i64` column of a `Book` query
//~ numbers are not widened by themselves: `i64::from(n)`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let n: i32 = 3;
    let _ = Book::objects().filter(|b| b.id().eq(n));
}
