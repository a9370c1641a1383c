//! `values`, `values_list`, `distinct`; `only` and `defer`.

use crate::canon::{rows, shape, shapes};
use crate::models::*;
use eager_orm::prelude::*;

/// The names of the columns that are not loaded.
macro_rules! unloaded {
    ($row:expr; $($name:ident)*) => {{
        let mut names = Vec::new();
        $(if $row.$name.loaded().is_none() { names.push(stringify!($name)); })*
        names
    }};
}

cases! {
    "values-all-columns" => |db| MediaType::objects().order_by(|m| m.id()).values(|m| (m.id(), m.name())).all(db)?;
    "values-expression" => |db| {
        let genres = Genre::objects()
            .filter(|g| g.id().le(4))
            .order_by(|g| g.id())
            .values_list(|g| (g.id(), g.name().upper(), g.name().length()));
        rows!(genres.all(db)?, (id, up, n) => id, up, n)
    };
    "values-list-expression" => |db| Genre::objects()
        .filter(|g| g.id().le(4))
        .order_by(|g| g.id())
        .values_list(|g| (g.id(), g.name().lower(), g.id() * 10))
        .all(db)?;
    "values-then-filter" => |db| Track::objects()
        .values(|t| (t.id(), t.name()))
        .filter(|t| t.album().artist().name().eq("Audioslave") & t.milliseconds().gt(300_000))
        .order_by(|t| t.id().desc())
        .all(db)?;
    "values-flat-pk" => |db| Employee::objects()
        .filter(|e| e.title().contains("Manager"))
        .order_by(|e| e.id())
        .values_list(|e| e.id())
        .all(db)?;
    "values-datetime" => |db| Employee::objects()
        .filter(|e| e.id().le(2))
        .order_by(|e| e.id())
        .values(|e| (e.hire_date(), e.reports_to().hire_date(), e.reports_to()))
        .all(db)?;
    "values-annotation-only" => |db| {
        let artists = Artist::objects()
            .filter(|a| a.id().in_([22, 50]))
            .order_by(|a| a.id())
            .values_list(|a| (a.albums().count(), a.name()));
        rows!(artists.all(db)?, (n, name) => n, name)
    };

    "distinct-values" => |db| Invoice::objects()
        .values(|i| i.billing_country())
        .distinct()
        .order_by(|i| i.billing_country())
        .all(db)?;
    "distinct-two-columns" => |db| Track::objects()
        .filter(|t| t.album().key().le(12))
        .values_list(|t| (t.genre(), t.media_type()))
        .distinct()
        .order_by(|t| (t.genre(), t.media_type()))
        .all(db)?;
    "distinct-m2m" => |db| Playlist::objects()
        .filter(|p| p.tracks().genre().name().in_(["Jazz", "Blues"]))
        .order_by(|p| p.id())
        .values_list(|p| (p.id(), p.name()))
        .all(db)?;
    "distinct-slice" => |db| Customer::objects()
        .order_by(|c| c.country())
        .values_list(|c| c.country())
        .distinct()
        .offset(3)
        .limit(4)
        .all(db)?;
    "distinct-null-value" => |db| Customer::objects()
        .filter(|c| c.support_rep().eq(3))
        .values_list(|c| c.state())
        .distinct()
        .order_by(|c| c.state())
        .all(db)?;

    "only-access-loaded" => |db| {
        let tracks = slim::Track::objects()
            .filter(|t| t.album().eq(4))
            .only(|t| (t.name(), t.unit_price()))
            .order_by(|t| t.id());
        shapes!(tracks.all(db)?, t; id, name = t.name.get(db)?, unit_price = t.unit_price.get(db)?)
    };
    "only-access-deferred" => |db| {
        let tracks = slim::Track::objects().filter(|t| t.album().eq(2)).only(|t| t.name()).order_by(|t| t.id());
        shapes!(tracks.all(db)?, t; id, name = t.name.get(db)?, composer = t.composer.get(db)?)
    };
    "defer-loaded" => |db| {
        let tracks = slim::Track::objects()
            .filter(|t| t.album().eq(3))
            .defer(|t| (t.composer(), t.bytes()))
            .order_by(|t| t.id());
        shapes!(tracks.all(db)?, t;
            id, name = t.name.get(db)?, milliseconds = t.milliseconds.get(db)?, genre_id = t.genre)
    };
    "only-related" => |db| {
        let albums = slim::Album::objects()
            .filter(|a| a.id().in_([10, 11]))
            .select_related(|a| a.artist())
            .only(|a| (a.title(), a.artist().name()))
            .order_by(|a| a.id());
        let mut list = Vec::new();
        for a in albums.all(db)? {
            let artist = a.artist.get(db)?;
            let artist = shape!(artist; id, name = artist.name.get(db)?);
            list.push(shape!(a; id, title = a.title.get(db)?, artist_id = a.artist, artist = artist));
        }
        list
    };
    "only-replaced" => |db| {
        let tracks = slim::Track::objects().only(|t| (t.name(), t.composer())).only(|t| t.milliseconds());
        let track = tracks.find(db, 10)?;
        let deferred = unloaded!(track; bytes composer milliseconds name unit_price);
        (deferred, *track.milliseconds.get(db)?)
    };
    "defer-accumulates" => |db| {
        let employees = slim::Employee::objects().defer(|e| e.email()).defer(|e| e.fax()).defer(|e| e.phone());
        let employee = employees.find(db, 2)?;
        unloaded!(employee; email fax first_name last_name phone)
    };
    "only-then-defer" => |db| {
        let invoices = slim::Invoice::objects().only(|i| (i.total(), i.billing_city())).defer(|i| i.billing_city());
        let invoice = invoices.find(db, 4)?;
        let deferred = unloaded!(invoice; billing_address billing_city billing_country billing_postal_code
            billing_state invoice_date total);
        (deferred, *invoice.total.get(db)?)
    };
}
