//~ `DbValue` is for a struct with one value in it, `struct Point(String)`
use eager_orm::prelude::*;

#[derive(DbValue)]
struct Point(f64, f64);

fn main() {}
