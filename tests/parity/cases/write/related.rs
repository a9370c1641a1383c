//! Writes by a relation: by its queryset, and rows moved to it and away from it.

use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "rm-add-no-bulk" => |db| {
        let mut artist = Artist::objects().find(db, 25)?;
        for title in ["n1", "n2"] {
            artist.albums.create(db, Album::create().title(title))?;
        }
        artist.albums.query().order_by(|a| a.id()).values_list(|a| (a.id(), a.title())).all(db)?
    };
    "rm-update-through-manager" => |db| {
        let customer = Customer::objects().find(db, 8)?;
        let small = customer.invoices.query().filter(|i| i.total().lt(5.0));
        small.update(db, |i| i.billing_city().set("BXL"))?
    };

    "rm-add" => |db| {
        let mut artist = Artist::objects().find(db, 1)?;
        let albums = [Album::objects().find(db, 2)?, Album::objects().find(db, 3)?];
        artist.albums.add(db, &albums)?;
        (artist.albums.query().count(db)?, Album::objects().find(db, 2)?.artist)
    };
    "rm-remove-nullable" => |db| {
        let mut genre = Genre::objects().find(db, 25)?;
        let track = genre.tracks.query().get(db)?;
        genre.tracks.remove(db, [&track])?;
        (genre.tracks.query().count(db)?, Track::objects().find(db, track.id)?.genre)
    };
    "rm-set" => |db| {
        let mut employee = Employee::objects().find(db, 5)?;
        employee.customers.set(db, &Customer::objects().filter(|c| c.country().eq("Brazil")).all(db)?)?;
        let without = Customer::objects().filter(|c| c.support_rep().is_null()).count(db)?;
        (employee.customers.query().count(db)?, without)
    };
    "rm-clear-nullable-fk-many" => |db| {
        let opera = Genre::objects().filter(|g| g.name().eq("Opera")).get(db)?;
        let mut drama = Genre::objects().filter(|g| g.name().eq("Drama")).get(db)?;
        let mut tracks = opera.tracks.query().all(db)?;
        tracks.extend(drama.tracks.query().filter(|t| t.id().lt(2700)).all(db)?);
        db.transaction(|tx| {
            drama.tracks.clear(tx)?;
            drama.tracks.add(tx, &tracks)
        })?;
        let without = Track::objects().filter(|t| t.genre().is_null()).count(db)?;
        (opera.tracks.query().count(db)?, drama.tracks.query().count(db)?, without)
    };

    "goc-m2m-manager" => |db| {
        let mut playlist = Playlist::objects().find(db, 18)?;
        let new = |name| Track::create().name(name).media_type(1).milliseconds(1).unit_price(0.99);
        let (t, first) =
            playlist.tracks.get_or_create(db, |t| t.name().eq("Now's The Time"), new("Now's The Time"))?;
        let (u, second) = playlist.tracks.get_or_create(db, |t| t.name().eq("Brand New"), new("Brand New"))?;
        (t.id, first, u.id, second, playlist.tracks.query().count(db)?)
    };
    "uoc-related-manager" => |db| {
        let mut employee = Employee::objects().find(db, 4)?;
        let email = "luisg@embraer.com.br";
        let (customer, created) = employee.customers.update_or_create(
            db,
            |c| c.email().eq(email),
            |c| (c.first_name().set("L"), c.last_name().set("G")),
            Customer::create().email(email).first_name("L").last_name("G"),
        )?;
        (created, customer.id, customer.support_rep)
    };
}
