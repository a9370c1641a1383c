//~ cannot be compared with, or assigned to, a `i64` column
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().values_list(|b| b.title().repeat("2"));
}
