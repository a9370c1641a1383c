//! Related rows: joined, lazy, and by a relation's own queryset.

use crate::canon::{named, shape, shapes};
use crate::models::*;
use eager_orm::prelude::*;
use serde_json::Value;

/// The name of a related row, or null.
fn name_of(genre: Option<&Genre>) -> Option<Value> {
    genre.map(|genre| shape!(genre; name))
}

cases! {
    "sr-two" => |db| {
        let tracks = Track::objects()
            .select_related(|t| t.album().artist())
            .filter(|t| t.id().in_([1, 500, 1000]))
            .order_by(|t| t.id());
        let mut list = Vec::new();
        for t in tracks.all(db)? {
            let album = t.album.get(db)?.unwrap();
            let artist = shape!(album.artist.get(db)?; name);
            list.push(shape!(t; name, album = shape!(album; title, artist = artist)));
        }
        list
    };
    "sr-four-and-two" => |db| {
        let lines = InvoiceLine::objects()
            .select_related(|l| (l.invoice().customer().support_rep().reports_to(), l.track().genre()))
            .filter(|l| l.id().in_([1, 999]))
            .order_by(|l| l.id());
        let mut list = Vec::new();
        for l in lines.all(db)? {
            let invoice = l.invoice.get(db)?;
            let customer = invoice.customer.get(db)?;
            let rep = customer.support_rep.get(db)?.unwrap();
            let boss = rep.reports_to.get(db)?.map(|boss| shape!(boss; last_name));
            let rep = shape!(rep; last_name, reports_to = boss);
            let customer = shape!(customer; last_name, support_rep = rep);
            let track = l.track.get(db)?;
            let track = shape!(track; name, genre = name_of(track.genre.get(db)?));
            list.push(shape!(l; id, invoice = shape!(invoice; id, customer = customer), track = track));
        }
        list
    };
    "sr-multiple" => |db| {
        let tracks = Track::objects()
            .select_related(|t| (t.album(), t.genre(), t.media_type()))
            .filter(|t| t.album().eq(141))
            .order_by(|t| t.id().desc())
            .limit(3);
        shapes!(tracks.all(db)?, t; id,
            album = t.album.get(db)?.map(|a| shape!(a; id, title)),
            genre = t.genre.get(db)?.map(|g| shape!(g; id, name)),
            media_type = shape!(t.media_type.get(db)?; id, name))
    };
    "sr-no-args" => |db| {
        let albums =
            Album::objects().select_related(|a| a.artist()).filter(|a| a.id().in_([7, 8])).order_by(|a| a.id());
        shapes!(albums.all(db)?, a; title, artist = shape!(a.artist.get(db)?; name))
    };
    "sr-join-reused" => |db| {
        let tracks = Track::objects()
            .select_related(|t| t.genre())
            .filter(|t| t.genre().name().eq("Easy Listening"))
            .order_by(|t| (t.genre().name(), t.id()))
            .limit(3);
        shapes!(tracks.all(db)?, t; id, genre = name_of(t.genre.get(db)?))
    };
    // Nothing is loaded that was not asked for, so there is nothing to take back.
    "sr-none-clears" => |db| {
        let tracks = Track::objects().filter(|t| t.id().le(2)).order_by(|t| t.id()).all(db)?;
        let mut names = Vec::new();
        for track in &tracks {
            names.push(track.genre.get(db)?.unwrap().name.clone());
        }
        names
    };
    "sr-cached-vs-lazy" => |db| {
        let track = Track::objects().select_related(|t| t.album()).find(db, 3000)?;
        let album = track.album.get(db)?.unwrap();
        let (artist, again) = (album.artist.get(db)?.name.clone(), album.artist.get(db)?.name.clone());
        (album.title.clone(), artist, again, track.genre)
    };
    "sr-first" => |db| {
        let customer = Customer::objects().select_related(|c| c.support_rep()).order_by(|c| c.id().desc()).first(db)?;
        let customer = customer.unwrap();
        shape!(customer; id, support_rep = customer.support_rep.get(db)?.map(|rep| shape!(rep; id, first_name)))
    };

    "lazy-forward" => |db| {
        let track = Track::objects().find(db, 77)?;
        let album = track.album.get(db)?.unwrap();
        let artist = album.artist.get(db)?;
        named!(album = album.title, artist = artist.name, again = track.album.get(db)?.unwrap().title, id = track.album)
    };
    "manager-all" => |db| {
        let artist = Artist::objects().find(db, 58)?;
        shapes!(artist.albums.query().order_by(|a| (a.title(), a.id())).all(db)?, a; id, title)
    };
    "manager-filter-count" => |db| {
        let jazz = Genre::objects().filter(|g| g.name().eq("Jazz")).get(db)?;
        [
            jazz.tracks.query().count(db)?,
            jazz.tracks.query().filter(|t| t.composer().is_null()).count(db)?,
            jazz.tracks.query().exclude(|t| t.album().artist().name().eq("Miles Davis")).count(db)?,
        ]
    };
    "manager-m2m" => |db| {
        let playlist = Playlist::objects().find(db, 17)?;
        let long = playlist.tracks.query().filter(|t| t.milliseconds().gt(400_000)).order_by(|t| t.id());
        let artists = playlist.tracks.query().values_list(|t| t.album().artist()).distinct();
        named!(
            n = playlist.tracks.query().count(db)?,
            long = long.values_list(|t| t.name()).all(db)?,
            artists = artists.count(db)?,
        )
    };
    "manager-aggregate" => |db| {
        let customer = Customer::objects().find(db, 6)?;
        let (n, s, last) = customer
            .invoices
            .query()
            .aggregate(db, |i| (i.id().count(), i.total().sum(), i.invoice_date().max()))?;
        named!(n, s, last)
    };
    // A child does not point at the parent it was found by: the parent is asked for with it.
    "manager-back-cache" => |db| {
        let artist = Artist::objects().find(db, 2)?;
        let albums = artist.albums.query().select_related(|a| a.artist()).order_by(|a| a.id()).all(db)?;
        let mut names = Vec::new();
        for album in &albums {
            names.push(album.artist.get(db)?.name.clone());
        }
        names
    };
}
