//! Many rows at once.

use super::caught;
use crate::canon::shapes;
use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "bulk-create-simple" => |db| {
        let rows = ["b1", "b2", "b3"].map(|name| Artist::create().name(name));
        let artists = Artist::objects().bulk_create(rows).run(db)?;
        artists.into_iter().map(|artist| (artist.id, artist.name)).collect::<Vec<_>>()
    };
    "bulk-create-fk-instances" => |db| {
        let album = Album::objects().find(db, 50)?;
        let rows = [1_i32, 2, 3].map(|i| {
            let new = Track::create().name(format!("n{i}")).album(&album).media_type(1).genre(i64::from(i));
            new.milliseconds(1000 * i64::from(i)).unit_price(0.99 + f64::from(i))
        });
        Track::objects().bulk_create(rows).run(db)?;
        let there = Track::objects().filter(|t| t.name().in_(["n1", "n2", "n3"])).order_by(|t| t.id()).all(db)?;
        shapes!(there, t; id, name, album_id = t.album, media_type_id = t.media_type, genre_id = t.genre, composer,
            milliseconds, bytes, unit_price)
    };
    "bulk-create-error-rolls-back" => |db| {
        let [one, two] = ["ok1", "ok2"].map(|name| Artist::create().name(name));
        let clash = Artist::create().id(1).name("clash");
        let error = caught(Artist::objects().bulk_create([one, two, clash]).run(db).map(|rows| rows.len()))?;
        (error, Artist::objects().count(db)?)
    };
    "bulk-create-through" => |db| {
        let entries = [1, 2, 3].map(|track| PlaylistTrack::create().playlist(18).track(track));
        PlaylistTrack::objects().bulk_create(entries).run(db)?;
        Playlist::objects().find(db, 18)?.tracks.query().count(db)?
    };

    "bulk-update-batch-size" => |db| {
        let mut artists = Artist::objects().filter(|a| a.id().le(10)).order_by(|a| a.id()).all(db)?;
        for artist in &mut artists {
            artist.name = artist.name.as_deref().map(str::to_uppercase);
        }
        Artist::objects().bulk_update(db, &artists, |a| a.name())?
    };
    "bulk-update-fk" => |db| {
        let mut customers = Customer::objects().filter(|c| c.country().eq("France")).order_by(|c| c.id()).all(db)?;
        for (customer, rep) in customers.iter_mut().zip([3, 4, 5].into_iter().cycle()) {
            customer.support_rep = Some(ForeignKey::new(rep));
        }
        Customer::objects().bulk_update(db, &customers, |c| c.support_rep())?
    };
    "bulk-update-empty" => |db| {
        Genre::objects().bulk_update(db, &[], |g| g.name())?
    };
    // The key is what finds a row, so it cannot be what is written.
    "bulk-update-pk-error" => |db| {
        let (tracks, longest) = (HasMany::default(), Prefetched::default());
        let genre = Genre { id: 1, name: Some("x".into()), tracks, longest };
        Genre::objects().bulk_update(db, [&genre], |g| g.id())?
    };
    "bulk-update-datetime" => |db| {
        let mut staff = Employee::objects().filter(|e| e.title().eq("IT Staff")).order_by(|e| e.id()).all(db)?;
        for employee in &mut staff {
            let day = i8::try_from(employee.id).unwrap();
            employee.hire_date = Some(DateTime::constant(2010, 1, day, 12, 30, 0, 0));
            employee.title = Some("Engineer".into());
        }
        let changed = Employee::objects().bulk_update(db, &staff, |e| (e.hire_date(), e.title()))?;
        let engineers = Employee::objects().filter(|e| e.title().eq("Engineer")).order_by(|e| e.id());
        (changed, engineers.values_list(|e| (e.id(), e.hire_date())).all(db)?)
    };

    "int-bulk-update-fk" => |db| {
        let both = Album::objects().filter(|a| a.id().in_([1, 2])).order_by(|a| a.id());
        let mut albums = both.all(db)?;
        albums[0].artist.set(5);
        albums[1].artist.set(123_456);
        let error = caught(Album::objects().bulk_update(db, &albums, |a| a.artist()))?;
        (error, both.values_list(|a| a.artist().key()).all(db)?)
    };
}
