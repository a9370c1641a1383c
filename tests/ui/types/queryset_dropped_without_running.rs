//~ unused `QuerySet` that must be used
//~ a queryset does nothing until a terminal method runs it
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

#[deny(unused_must_use)]
fn main() {
    Book::objects().filter(|b| b.pages().gt(3));
}
