//! Windows, groups that are narrowed, aggregates of aggregates.

use crate::canon::{named, rows};
use crate::models::*;
use eager_orm::prelude::*;
use eager_orm::{dense_rank, rank, row_number, window};

cases! {
    "win-row-number" => |db| {
        let rn = |a: &Fields<Album>| {
            row_number().over(window().partition_by(a.artist()).order_by((a.title(), a.id())))
        };
        Album::objects()
            .filter(|a| a.artist().in_([1, 2, 3, 8]))
            .order_by(|a| (a.artist(), rn(&a)))
            .values_list(|a| (a.artist(), rn(&a), a.title()))
            .all(db)?
    };
    "win-rank" => |db| {
        let r = |i: &Fields<Invoice>| rank().over(window().order_by(i.total().desc()));
        Invoice::objects()
            .filter(|i| i.billing_country().eq("USA") & i.total().gt(8))
            .order_by(|i| (r(&i), i.id()))
            .values_list(|i| (i.id(), i.total(), r(&i), dense_rank().over(window().order_by(i.total().desc()))))
            .all(db)?
    };
    "win-running-sum" => |db| Invoice::objects()
        .filter(|i| i.customer().eq(46))
        .order_by(|i| (i.invoice_date(), i.id()))
        .values_list(|i| {
            (i.id(), i.total(), i.total().sum().over(window().order_by((i.invoice_date(), i.id()))))
        })
        .all(db)?;
    "win-filter-top-n" => |db| {
        let rn = |t: &Fields<Track>| {
            row_number().over(window().partition_by(t.album()).order_by((t.milliseconds().desc(), t.id())))
        };
        Track::objects()
            .filter(|t| t.album().artist().name().eq("Queen"))
            .filter(|t| rn(&t).le(2))
            .order_by(|t| (t.album(), rn(&t)))
            .values_list(|t| (t.album(), rn(&t), t.name()))
            .all(db)?
    };
    "win-over-aggregate" => |db| {
        let r = |g: &Fields<Genre>| rank().over(window().order_by(g.tracks().count().desc()));
        Genre::objects()
            .filter(|g| g.tracks().count().gt(50))
            .order_by(|g| (r(&g), g.id()))
            .values_list(|g| (g.name(), g.tracks().count(), r(&g)))
            .all(db)?
    };
    "win-related-partition" => |db| Album::objects()
        .filter(|a| a.id().le(15))
        .order_by(|a| a.id())
        .values_list(|a| (a.id(), a.id().count().over(window().partition_by(a.artist().name()))))
        .all(db)?;
    "large-window-rank" => |db| Track::objects()
        .order_by(|t| t.id())
        .values_list(|t| {
            let rk = rank().over(window().partition_by(t.genre()).order_by(t.milliseconds().desc()));
            (t.id(), rk, t.id().count().over(window().partition_by(t.album())))
        })
        .all(db)?;

    "agg-over-annotation" => |db| {
        let (avg, top, s) = Album::objects().aggregate(db, |a| {
            let n = a.tracks().count();
            (n.avg(), n.max(), n.sum())
        })?;
        named!(avg, top, s)
    };
    // A group that is not there is no row, and so NULL; `a.albums().count()` would be 0.
    "sub-count" => |db| Artist::objects()
        .filter(|a| a.id().in_([1, 22, 25, 90]))
        .order_by(|a| a.id())
        .values_list(|a| {
            let albums = Album::objects()
                .filter(|l| l.artist().eq(outer(a.id())))
                .values_list(|l| l.artist())
                .annotate(|l| l.id().count());
            (a.name(), subquery(albums.values_list(|l| l.id().count())))
        })
        .all(db)?;
    "sub-in-values-list-annot" => |db| {
        let good = Invoice::objects()
            .values_list(|i| i.customer())
            .annotate(|i| i.total().sum())
            .filter(|i| i.total().sum().ge(45))
            .values_list(|i| i.customer());
        Customer::objects()
            .filter(|c| c.id().in_(good))
            .order_by(|c| c.id())
            .values_list(|c| (c.id(), c.last_name()))
            .all(db)?
    };
    "rep-best-seller-per-country" => |db| {
        let best = |c: &Fields<Customer>| {
            let country = outer(c.country());
            InvoiceLine::objects()
                .filter(|l| l.invoice().billing_country().eq(country))
                .values_list(|l| l.track().genre().name())
                .annotate(|l| l.id().count())
                .order_by(|l| (l.id().count().desc(), l.track().genre().name()))
        };
        let countries = Customer::objects()
            .values_list(|c| {
                let top = subquery(best(&c).values_list(|l| l.track().genre().name()));
                (c.country(), top, subquery(best(&c).values_list(|l| l.id().count())))
            })
            .distinct()
            .order_by(|c| c.country());
        rows!(countries.all(db)?, (country, top, units) => country, top, units)
    };
    "rep-above-average-invoices" => |db| {
        let mean = |i: &Fields<Invoice>| {
            let country = outer(i.billing_country());
            let group = Invoice::objects()
                .filter(|other| other.billing_country().eq(country))
                .values_list(|other| other.billing_country())
                .annotate(|other| other.total().avg());
            subquery(group.values_list(|other| other.total().avg()))
        };
        Invoice::objects()
            .filter(|i| i.total().gt(mean(&i) * 2.5))
            .order_by(|i| (i.total().desc(), i.id()))
            .values_list(|i| (i.id(), i.billing_country(), i.total(), mean(&i)))
            .all(db)?
    };
}
