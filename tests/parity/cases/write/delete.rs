//! Rows deleted, with those that go with them.

use super::caught;
use crate::models::*;
use eager_orm::prelude::*;

cases! {
    // `delete` takes the row: there is none whose key could be asked for afterwards.
    "delete-leaf-instance" => |db| {
        let deleted = InvoiceLine::objects().find(db, 1)?.delete(db)?;
        (deleted, None::<i64>, InvoiceLine::objects().filter(|l| l.id().eq(1)).exists(db)?)
    };
    "delete-leaf-queryset" => |db| {
        InvoiceLine::objects().filter(|l| l.invoice().in_([1, 2, 3])).delete(db)?
    };
    "delete-none-matched" => |db| {
        [
            InvoiceLine::objects().filter(|l| l.id().eq(-1)).delete(db)?,
            Playlist::objects().filter(|p| p.id().eq(-1)).delete(db)?,
        ]
    };
    "delete-parent-no-children" => |db| {
        let childless = Artist::objects().filter(|a| !a.albums().exists() & a.name().contains("Milton"));
        childless.order_by(|a| a.id().desc()).first(db)?.unwrap().delete(db)?
    };
    "delete-cascade-queryset" => |db| {
        let artists = ["Aisha Duo", "Karsh Kale", "Cake"];
        Album::objects().filter(|a| a.artist().name().in_(artists)).delete(db)?
    };
    "delete-protected-direct" => |db| {
        caught(MediaType::objects().filter(|m| m.id().eq(5)).delete(db))?
    };
    "delete-set-null-self" => |db| {
        Employee::objects().filter(|e| e.last_name().eq("Edwards")).delete(db)?
    };
    "delete-cascade-two-levels" => |db| {
        Customer::objects().find(db, 59)?.delete(db)?
    };
    "delete-queryset-related-filter" => |db| {
        Invoice::objects().filter(|i| i.customer().country().eq("Chile") & i.total().lt(3.0)).delete(db)?
    };
    "delete-unsold-track" => |db| {
        let unsold = Track::objects().filter(|t| !t.invoice_lines().exists() & t.playlists().name().eq("Grunge"));
        let track = unsold.order_by(|t| t.id()).first(db)?.unwrap();
        let id = track.id;
        let deleted = track.delete(db)?;
        (id, deleted, PlaylistTrack::objects().filter(|p| p.track().eq(id)).count(db)?)
    };
    "delete-mixed-protected-queryset" => |db| {
        let tracks = Track::objects().filter(|t| t.album().eq(1));
        (caught(tracks.delete(db))?, tracks.count(db)?)
    };
    "delete-related-manager" => |db| {
        let lines = Invoice::objects().find(db, 5)?.lines.query();
        let some = lines.clone().filter(|l| l.id().gt(25)).delete(db)?;
        (some, lines.count(db)?, lines.delete(db)?, lines.exists(db)?)
    };
    "delete-all-of-leaf-then-parent" => |db| {
        let lines = InvoiceLine::objects().delete(db)?;
        (lines, Track::objects().filter(|t| t.album().eq(1)).delete(db)?)
    };
}
