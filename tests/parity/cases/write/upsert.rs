//! Rows that may be there already: `get_or_create`, `update_or_create`, and a bulk's `on_conflict` and `batch_size`.

use super::caught;
use crate::models::shelves::{Slot, Sticker};
use crate::models::*;
use eager_orm::prelude::*;

/// A model that allows what its table does not.
mod loose {
    use eager_orm::prelude::*;

    #[derive(Model)]
    #[model(table = "Album")]
    pub struct Album {
        #[field(column = "AlbumId")]
        pub id: i64,
        #[field(column = "Title", max_length = 160)]
        pub title: String,
        #[field(column = "ArtistId")]
        pub artist: Option<i64>,
    }
}

cases! {
    "goc-created" => |db| {
        let skiffle = Genre::create().name("Skiffle");
        let (genre, created) = Genre::objects().get_or_create(db, |g| g.name().eq("Skiffle"), skiffle)?;
        (genre.id, created)
    };
    "goc-defaults" => |db| {
        let new = |name| Customer::create().email("new@x.org").first_name(name).last_name("X").support_rep(4);
        let customers = Customer::objects();
        let (a, first) = customers.get_or_create(db, |c| c.email().eq("new@x.org"), new("N"))?;
        let (b, second) = customers.get_or_create(db, |c| c.email().eq("new@x.org"), new("Other"))?;
        (a.id, first, b.id, second, b.first_name)
    };
    "goc-lookup-not-stored" => |db| {
        let shanty = Genre::create().name("Shanty");
        let (genre, created) = Genre::objects().get_or_create(db, |g| g.name().iexact("SHANTY"), shanty)?;
        (genre.name, created)
    };
    // A builder of `Album` has no way to leave the artist out: this is a model that knows less than its table.
    "goc-integrity-error" => |db| {
        let new = loose::Album::create().title("no artist");
        let there = loose::Album::objects().get_or_create(db, |a| a.title().eq("no artist"), new);
        caught(there.map(|(album, created)| (album.id, created)))?
    };
    "uoc-create-defaults" => |db| {
        let named = |title: &'static str| {
            let new = Album::create().title(if title == "Atlas" { "Atlas I" } else { "never" }).artist(4);
            let is = move |a: Fields<Album>| a.title().eq(title) & a.artist().eq(4);
            Album::objects().update_or_create(db, is, |a| a.title().set("Atlas II"), new)
        };
        let ((x, first), (y, second)) = (named("Atlas")?, named("Atlas I")?);
        (x.id, first, y.id, second, y.title)
    };
    "uoc-f-default" => |db| {
        let new = Track::create().id(9).name("never").media_type(1).milliseconds(1).unit_price(0.99);
        let (mut track, created) = Track::objects().update_or_create(
            db,
            |t| t.id().eq(9),
            |t| t.milliseconds().set(t.milliseconds() * 2),
            new,
        )?;
        track.refresh(db)?;
        (track.milliseconds, created)
    };
    "uoc-multiple-error" => |db| {
        let new = Track::create().name("The Trooper").media_type(1).milliseconds(1).unit_price(0.99);
        let is = |t: Fields<Track>| t.name().eq("The Trooper");
        let there = Track::objects().update_or_create(db, is, |t| t.composer().set("x"), new);
        caught(there.map(|(track, created)| (track.id, created)))?
    };

    "ext-unique-together" => |db| {
        let error = caught(Slot::create().shelf(1).position(2).save(db).map(|slot| slot.id))?;
        let new = Slot::create().shelf(1).position(2).note("z");
        let (slot, created) = Slot::objects().get_or_create(db, |s| s.shelf().eq(1) & s.position().eq(2), new)?;
        (error, slot.id, created, slot.note)
    };
    "ext-upsert-get-or-create" => |db| {
        let sun = Sticker::create().label("sun").weight(7.25);
        let dust = Sticker::create().label("dust").color("grey");
        let stickers = Sticker::objects();
        let (x, first) = stickers.update_or_create(db, |s| s.label().eq("sun"), |s| s.weight().set(7.25), sun)?;
        let (y, second) = stickers.update_or_create(db, |s| s.label().eq("dust"), |s| s.color().set("grey"), dust)?;
        (first, x.color, x.weight, second, y.id, y.color)
    };
}
