//! Rows changed and saved, and read again.

use std::time::Duration;

use super::caught;
use crate::canon::{shape, shapes};
use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "save-insert" => |db| {
        let new: NewGenre = Genre::create().name("Drone").build();
        let before = new.id;
        let genre = Genre::objects().create(db, new)?;
        (before, genre.key(), genre.id)
    };
    "save-update" => |db| {
        let mut customer = Customer::objects().find(db, 10)?;
        customer.city = Some("Campinas".into());
        customer.fax = None;
        customer.save(db)?;
        let there = Customer::objects().filter(|c| c.city().eq("Campinas")).all(db)?;
        shapes!(there, c; id, city, fax, email)
    };
    "save-force-insert-dup" => |db| {
        let error = caught(Genre::create().id(1).name("dup").save(db).map(|genre| genre.id))?;
        (error, Genre::objects().find(db, 1)?.name)
    };
    "save-force-update-missing" => |db| {
        let (tracks, longest) = (HasMany::default(), Prefetched::default());
        let mut ghost = Genre { id: 999, name: Some("ghost".into()), tracks, longest };
        caught(ghost.save(db).map(|()| ghost.id))?
    };
    "save-update-fields-missing-row" => |db| {
        let mut genre = Genre::objects().find(db, 3)?;
        genre.id = 888;
        caught(genre.save_fields(db, |g| g.name()).map(|()| genre.id))?
    };
    "save-fk-null" => |db| {
        let mut track = Track::objects().find(db, 100)?;
        track.genre = None;
        track.album = None;
        track.save(db)?;
        let there = Track::objects().filter(|t| t.genre().is_null() & t.album().is_null()).all(db)?;
        shapes!(there, t; id, name, genre_id = t.genre, album_id = t.album)
    };
    // A field holds a value, so an expression of fields is an update of the row by its key.
    "save-f-expression" => |db| {
        let mut track = Track::objects().find(db, 1)?;
        let this = Track::objects().filter(|t| t.id().eq(track.id));
        this.update(db, |t| t.milliseconds().set(t.milliseconds() + 1000))?;
        track.refresh(db)?;
        track.milliseconds
    };
    "save-datetime" => |db| {
        let mut employee = Employee::objects().find(db, 3)?;
        employee.hire_date = employee.hire_date.map(|date| date + Duration::from_secs((30 * 24 + 6) * 3600));
        employee.birth_date = None;
        employee.save_fields(db, |e| (e.hire_date(), e.birth_date()))?;
        let employee = Employee::objects().find(db, 3)?;
        shape!(employee; id, hire_date, birth_date)
    };

    "int-unique" => |db| {
        let mut jazz = Genre::objects().find(db, 2)?;
        jazz.name = Some("Rock".into());
        let error = caught(jazz.save(db).map(|()| jazz.id))?;
        (error, Genre::objects().find(db, 2)?.name)
    };

    // One field is read again as a value.
    "refresh-fields" => |db| {
        let mut customer = Customer::objects().find(db, 3)?;
        let this = Customer::objects().filter(|c| c.id().eq(3));
        this.update(db, |c| (c.city().set("A"), c.state().set("B")))?;
        customer.city = this.values_list(|c| c.city()).get(db)?;
        (customer.city, customer.state)
    };
    "refresh-clears-relation" => |db| {
        let mut album = Album::objects().select_related(|a| a.artist()).find(db, 1)?;
        Artist::objects().filter(|a| a.id().eq(1)).update(db, |a| a.name().set("ACDC"))?;
        Album::objects().filter(|a| a.id().eq(1)).update(db, |a| a.artist().set(2))?;
        let before = album.artist.get(db)?.name.clone();
        album.refresh(db)?;
        (before, *album.artist.key(), album.artist.get(db)?.name.clone())
    };
    "refresh-keeps-deferred" => |db| {
        let mut track = slim::Track::objects().defer(|t| t.composer()).find(db, 2)?;
        Track::objects().filter(|t| t.id().eq(2)).update(db, |t| (t.name().set("N"), t.composer().set("C")))?;
        track.refresh(db)?;
        let name = track.name.get(db)?.clone();
        let deferred = [
            ("bytes", track.bytes.is_unloaded()),
            ("composer", track.composer.is_unloaded()),
            ("milliseconds", track.milliseconds.is_unloaded()),
            ("name", track.name.is_unloaded()),
            ("unit_price", track.unit_price.is_unloaded()),
        ];
        let deferred: Vec<_> = deferred.into_iter().filter_map(|(name, unloaded)| unloaded.then_some(name)).collect();
        (name, deferred, track.composer.get(db)?.clone())
    };
    "refresh-prefetch-cleared" => |db| {
        let mut artist = Artist::objects().prefetch_related(|a| a.albums()).find(db, 1)?;
        let before = artist.albums.all(db)?.len();
        Album::create().title("extra").artist(&artist).save(db)?;
        let stale = artist.albums.all(db)?.len();
        artist.refresh(db)?;
        (before, stale, artist.albums.all(db)?.len())
    };

    // No fields, no statement.
    "save-update-fields-empty" => |db| {
        let mut genre = Genre::objects().find(db, 1)?;
        genre.name = Some("zzz".into());
        genre.save_fields(db, |_| ())?;
        Genre::objects().find(db, 1)?.name
    };
}
