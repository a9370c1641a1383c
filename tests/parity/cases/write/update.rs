//! Sets of rows changed by one statement.

use super::caught;
use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "update-f" => |db| {
        Track::objects().filter(|t| t.album().eq(1)).update(db, |t| {
            (t.unit_price().set(t.unit_price() + 0.5), t.milliseconds().set(t.milliseconds() - 1))
        })?
    };
    "update-multi-valued-filter" => |db| {
        let opera = Artist::objects().filter(|a| a.albums().tracks().genre().name().eq("Opera"));
        opera.update(db, |a| a.name().set("Opera artist"))?
    };
    "update-m2m-filter" => |db| {
        Track::objects().filter(|t| t.playlists().name().eq("Grunge")).update(db, |t| t.bytes().set(0))?
    };
    "update-fk-instance" => |db| {
        let artist = Artist::objects().find(db, 10)?;
        Album::objects().filter(|a| a.id().in_([2, 3])).update(db, |a| a.artist().set(&artist))?
    };
    "update-null" => |db| {
        let reports = Employee::objects().filter(|e| e.reports_to().last_name().eq("Mitchell"));
        reports.update(db, |e| (e.reports_to().set(None::<i64>), e.title().set(None::<&str>)))?
    };
    "update-subquery" => |db| {
        Artist::objects().filter(|a| a.id().in_([1, 2, 25])).update(db, |a| {
            let id = outer(a.id());
            let albums = Album::objects().filter(|b| b.artist().eq(id)).order_by(|b| b.id());
            a.name().set(subquery(albums.values_list(|b| b.title())))
        })?
    };
    "update-swap" => |db| {
        Customer::objects()
            .filter(|c| c.id().eq(1))
            .update(db, |c| (c.first_name().set(c.last_name()), c.last_name().set(c.first_name())))?
    };
    "update-sliced-error" => |db| {
        caught(Track::objects().order_by(|t| t.id()).limit(3).update(db, |t| t.name().set("x")))?
    };
    "update-related-manager" => |db| {
        let album = Album::objects().find(db, 10)?;
        let long = album.tracks.query().filter(|t| t.milliseconds().gt(280_000));
        long.update(db, |t| t.composer().set("long"))?
    };
    "update-annotated-filter" => |db| {
        Album::objects().filter(|a| a.tracks().count().gt(30)).update(db, |a| a.title().set("big"))?
    };
    "update-exists-filter" => |db| {
        let sold = |t: &Fields<Track>| {
            let id = outer(t.id());
            exists(InvoiceLine::objects().filter(|l| l.track().eq(id)))
        };
        let unsold = Track::objects().filter(|t| !sold(&t) & t.genre().name().eq("Jazz"));
        unsold.update(db, |t| t.unit_price().set(0.49))?
    };
    "update-annotation-value" => |db| {
        Album::objects().filter(|a| a.artist().eq(50)).update(db, |a| a.title().set(a.title().upper()))?
    };
    "update-ordered" => |db| {
        let rock = Genre::objects().order_by(|g| g.id().desc()).filter(|g| g.name().contains("Rock"));
        rock.update(db, |g| g.name().set(g.name().lower()))?
    };

    "int-fk-update" => |db| {
        let first = Track::objects().filter(|t| t.id().eq(1));
        let error = caught(first.update(db, |t| t.genre().set(4242)))?;
        (error, first.get(db)?.genre)
    };
}
