//~ `{integer}` is not the binds of a raw statement
//~ one value is a tuple too: `(value,)`
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = raw::<i64>("..", 7);
}
