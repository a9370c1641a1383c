//! Links of many-to-many relations.

use crate::canon::shapes;
use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "m2m-add-one" => |db| {
        let mut playlist = Playlist::objects().find(db, 18)?;
        playlist.tracks.add(db, [&Track::objects().find(db, 1)?])?;
        playlist.tracks.query().order_by(|t| t.id()).values_list(|t| t.id()).all(db)?
    };
    "m2m-add-nothing" => |db| {
        Playlist::objects().find(db, 16)?.tracks.add(db, None::<&Track>)?;
        Playlist::objects().find(db, 16)?.tracks.query().count(db)?
    };
    "m2m-add-queryset" => |db| {
        let mut playlist = Playlist::objects().find(db, 9)?;
        playlist.tracks.add(db, &Track::objects().filter(|t| t.album().eq(3)).all(db)?)?;
        shapes!(playlist.tracks.query().order_by(|t| t.id()).all(db)?, t; id)
    };
    "m2m-remove" => |db| {
        let mut playlist = Playlist::objects().find(db, 16)?;
        let track = Track::objects().find(db, 2003)?;
        playlist.tracks.remove(db, [52, track.id, 1])?;
        playlist.tracks.query().count(db)?
    };
    "m2m-set" => |db| {
        let mut playlist = Playlist::objects().find(db, 16)?;
        playlist.tracks.set(db, [52, 2003, 7, 8])?;
        playlist.tracks.query().order_by(|t| t.id()).values_list(|t| t.id()).all(db)?
    };
    "m2m-set-clear" => |db| {
        let mut playlist = Playlist::objects().find(db, 17)?;
        let tracks = Track::objects().filter(|t| t.album().eq(2)).all(db)?;
        db.transaction(|tx| {
            playlist.tracks.clear(tx)?;
            playlist.tracks.add(tx, &tracks)
        })?;
        playlist.tracks.query().count(db)?
    };
    "m2m-set-empty" => |db| {
        let mut playlist = Playlist::objects().find(db, 9)?;
        playlist.tracks.set(db, None::<&Track>)?;
        playlist.tracks.query().exists(db)?
    };
    "m2m-prefetch-cache-cleared" => |db| {
        let mut playlist = Playlist::objects().prefetch_related(|p| p.tracks()).find(db, 18)?;
        let before = playlist.tracks.all(db)?.len();
        playlist.tracks.add(db, [10])?;
        (before, playlist.tracks.all(db)?.len())
    };
    "m2m-new-owner" => |db| {
        let mut playlist = Playlist::create().name("Mix").save(db)?;
        playlist.tracks.add(db, [3, 1, 2])?;
        playlist.tracks.remove(db, [2])?;
        playlist.tracks.query().order_by(|t| t.id().desc()).values_list(|t| (t.id(), t.name())).all(db)?
    };
}
