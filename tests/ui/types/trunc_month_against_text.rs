//~ cannot be compared with, or assigned to, a `Date` column
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Book::objects().filter(|b| b.published().trunc_month().eq("2024-01-01"));
}
