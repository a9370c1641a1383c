//~ `Book` has no rules for its rows
//~ up to 2 errors
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::Written;
use zoo::*;

fn is_short(_: &Written<'_, Book>) {}

fn main() {}
