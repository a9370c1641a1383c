//~ no method named `update` found
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn main() {
    let _ = Tag::objects().bulk_create([Tag::create().name("sf")]).on_conflict(|t| t.id()).ignore().update(|t| t.name());
}
