//! Lookups: text, numbers, NULL, sets, dates.

use crate::canon::{named, shapes};
use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "lookup-icontains-related" => |db| Track::objects()
        .filter(|t| t.album().title().icontains("greatest"))
        .order_by(|t| (t.album(), t.id()))
        .values_list(|t| (t.id(), t.album().title()))
        .all(db)?;
    "lookup-startswith" => |db| {
        let albums = Album::objects().filter(|a| a.title().starts_with("Black")).order_by(|a| (a.title(), a.id()));
        shapes!(albums.all(db)?, a; id, title)
    };
    "lookup-istartswith" => |db| Artist::objects()
        .filter(|a| a.name().istarts_with("the b"))
        .order_by(|a| a.name())
        .values_list(|a| a.name())
        .all(db)?;
    "lookup-endswith" => |db| {
        shapes!(Playlist::objects().filter(|p| p.name().ends_with("’s Music")).all(db)?, p; id, name)
    };
    "lookup-iendswith" => |db| Customer::objects()
        .filter(|c| c.email().iends_with(".BR"))
        .order_by(|c| c.email())
        .values_list(|c| c.email())
        .all(db)?;
    "lookup-like-underscore" => |db| Track::objects().filter(|t| t.name().ends_with("_")).count(db)?;
    "lookup-unicode-no-fold" => |db| {
        let count = |text: &str| Track::objects().filter(|t| t.name().icontains(text)).count(db);
        named!(upper = count("CORAÇÃO")?, lower = count("coração")?)
    };
    "lookup-in-none-dropped" => |db| {
        let customers =
            Customer::objects().filter(|c| c.company().in_([Some("Google Inc."), None])).order_by(|c| c.id());
        shapes!(customers.all(db)?, c; id, company)
    };
    "lookup-in-subquery-values" => |db| {
        let genres = Genre::objects().filter(|g| g.name().ends_with("l")).values_list(|g| g.id());
        Track::objects()
            .filter(|t| t.genre().key().in_(genres))
            .order_by(|t| (t.genre(), t.id()))
            .values_list(|t| t.id())
            .all(db)?
    };
    "lookup-compare-numbers" => |db| Track::objects()
        .filter(|t| t.milliseconds().gt(2_000_000) & t.milliseconds().le(2_600_000))
        .order_by(|t| (t.milliseconds(), t.id()))
        .values_list(|t| (t.id(), t.milliseconds()))
        .all(db)?;
    "lookup-compare-float" => |db| Invoice::objects()
        .filter(|i| i.total().ge(15.86))
        .order_by(|i| (i.total().desc(), i.id()))
        .values_list(|i| (i.id(), i.total()))
        .all(db)?;
    "lookup-compare-string-lt" => |db| Genre::objects()
        .filter(|g| g.name().lt("C"))
        .order_by(|g| g.name())
        .values_list(|g| g.name())
        .all(db)?;
    "lookup-range-float-exclude" => |db| Invoice::objects()
        .filter(|i| i.billing_country().eq("France"))
        .exclude(|i| i.total().between(1, 10))
        .order_by(|i| i.id())
        .values_list(|i| (i.id(), i.total()))
        .all(db)?;
    "lookup-isnull-false" => |db| Customer::objects()
        .filter(|c| !c.company().is_null())
        .order_by(|c| c.company())
        .values_list(|c| c.company())
        .all(db)?;
    "lookup-isnull-reverse" => |db| Artist::objects()
        .filter(|a| !a.albums().exists())
        .order_by(|a| a.id())
        .values_list(|a| a.id())
        .all(db)?;
    "lookup-four-levels" => |db| InvoiceLine::objects()
        .filter(|l| l.track().album().artist().name().eq("Queen"))
        .order_by(|l| l.id())
        .values_list(|l| (l.id(), l.track().name()))
        .all(db)?;

    "date-year" => |db| Invoice::objects()
        .filter(|i| i.invoice_date().year().eq(2023))
        .order_by(|i| i.id())
        .values_list(|i| i.id())
        .all(db)?;
    "date-month-day" => |db| Invoice::objects()
        .filter(|i| i.invoice_date().month().eq(2) & i.invoice_date().day().le(3))
        .order_by(|i| i.id())
        .values_list(|i| i.invoice_date())
        .all(db)?;
    "date-exact-datetime" => |db| {
        let day = Date::constant(2021, 1, 6).at(0, 0, 0, 0);
        shapes!(Invoice::objects().filter(|i| i.invoice_date().eq(day)).all(db)?, i; id, invoice_date, total)
    };
}
