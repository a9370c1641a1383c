//~ no method named `update` found
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Tag::objects().bulk_create([Tag::create().name("sf")]).update(|t| t.name());
}
