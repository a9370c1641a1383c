//! Aggregates: computed of, far away, of groups, of groups of groups.

use crate::canon::named;
use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "an-then-arith" => |db| {
        let avg = |a: &Fields<Album>| a.tracks().milliseconds().sum() / a.tracks().count();
        Album::objects()
            .filter(|a| a.tracks().count().gt(0))
            .order_by(|a| (avg(&a).desc(), a.id()))
            .limit(6)
            .values_list(|a| (a.id(), a.tracks().count(), avg(&a)))
            .all(db)?
    };
    "an-order-by-agg-nulls-last" => |db| {
        let longest = |a: &Fields<Artist>| a.albums().tracks().milliseconds().max();
        Artist::objects()
            .order_by(|a| (longest(&a).desc().nulls_last(), a.id()))
            .limit(5)
            .values_list(|a| (a.id(), longest(&a)))
            .all(db)?
    };
    "an-far-lines" => |db| {
        let sold = |e: &Fields<Employee>| e.customers().invoices().lines().quantity().sum();
        Employee::objects()
            .filter(|e| sold(&e).is_not_null())
            .order_by(|e| (sold(&e).desc(), e.id()))
            .values_list(|e| (e.id(), sold(&e)))
            .all(db)?
    };
    "an-date-part-of-agg" => |db| {
        let year = |c: &Fields<Customer>| c.invoices().invoice_date().max().year();
        Customer::objects()
            .order_by(|c| (year(&c).desc(), c.id()))
            .limit(4)
            .values_list(|c| (c.id(), year(&c)))
            .all(db)?
    };
    "an-two-level-filter" => |db| {
        let metal = |a: &Fields<Artist>| {
            let tracks = a.albums().tracks();
            tracks.count().filter(tracks.genre().name().eq("Metal") & a.albums().title().icontains("e"))
        };
        Artist::objects()
            .filter(|a| metal(&a).gt(20))
            .order_by(|a| (metal(&a).desc(), a.id()))
            .values_list(|a| (a.id(), metal(&a)))
            .all(db)?
    };
    "ag-over-annotation-two" => |db| {
        let (s, z) = Artist::objects()
            .aggregate(db, |a| (a.albums().count().sum(), a.id().count().filter(a.albums().count().eq(0))))?;
        named!(s, z)
    };
    "ag-over-groups" => |db| {
        let countries = Invoice::objects().values_list(|i| i.billing_country()).annotate(|i| i.total().sum());
        let (a, m, n) = countries.aggregate(db, |i| {
            let sum = i.total().sum();
            (sum.avg(), sum.max(), sum.count())
        })?;
        named!(a, m, n)
    };
    "ag-over-group-key" => |db| {
        let genres = Track::objects()
            .values_list(|t| t.genre().name())
            .annotate(|t| t.id().count())
            .filter(|t| t.id().count().gt(100));
        let t = genres.aggregate(db, |t| t.id().count().sum())?;
        named!(t)
    };
    "ag-groups-mixed" => |db| {
        let kinds = Track::objects()
            .values_list(|t| (t.genre().name(), t.media_type()))
            .annotate(|t| (t.id().count(), t.milliseconds().max()));
        let (groups, big, longest, spread) = kinds.aggregate(db, |t| {
            let n = t.id().count();
            (n.count(), n.count().filter(n.gt(100)), t.milliseconds().max().max(), n.max() - n.min())
        })?;
        named!(groups, big, longest, spread)
    };
    "ag-groups-slice" => |db| {
        let top = Track::objects()
            .values_list(|t| t.composer())
            .annotate(|t| t.id().count())
            .order_by(|t| (t.id().count().desc(), t.composer()))
            .limit(5);
        let s = top.aggregate(db, |t| t.id().count().sum())?;
        named!(s)
    };
    "ag-distinct-slice" => |db| {
        let some = Track::objects().order_by(|t| t.id()).slice(10..30);
        let (n, s) = some.aggregate(db, |t| (t.composer().count_distinct(), t.milliseconds().sum()))?;
        named!(n, s)
    };
    "ag-related-expr" => |db| {
        let german = InvoiceLine::objects().filter(|l| l.invoice().billing_country().eq("Germany"));
        let (rev, tracks, artists) = german.aggregate(db, |l| (
            (l.unit_price() * l.quantity().cast::<f64>()).sum(),
            l.track().key().count_distinct(),
            l.track().album().artist().key().count_distinct(),
        ))?;
        named!(rev, tracks, artists)
    };
    "ag-combine" => |db| {
        let (x, y) = Track::objects().aggregate(db, |t| (
            t.milliseconds().max() - t.milliseconds().min(),
            t.bytes().sum().cast::<f64>() / t.milliseconds().sum().cast::<f64>(),
        ))?;
        named!(x, y)
    };
    "ag-empty" => |db| {
        let (n, s, d, m) = Track::objects().filter(|t| t.id().lt(0)).aggregate(db, |t| {
            (t.id().count(), t.milliseconds().sum(), t.milliseconds().sum().default(7), t.name().max())
        })?;
        named!(n, s, d, m)
    };
    "gr-where-and-having" => |db| Customer::objects()
        .filter(|c| c.country().in_(["USA", "Canada", "Brazil"]))
        .values_list(|c| c.state())
        .annotate(|c| c.id().count())
        .filter(|c| c.id().count().gt(1) & c.state().is_not_null())
        .order_by(|c| c.state())
        .all(db)?;
    "gr-having-having" => |db| flat3(Customer::objects()
        .values_list(|c| c.country())
        .annotate(|c| (c.id().count(), c.support_rep().key().count_distinct()))
        .filter(|c| c.id().count().ge(5) | c.support_rep().key().count_distinct().eq(3))
        .order_by(|c| c.country())
        .all(db)?);
    "gr-agg-filter" => |db| {
        let big = |i: &Fields<Invoice>| i.id().count().filter(i.total().gt(10));
        flat3(Invoice::objects()
            .values_list(|i| i.billing_country())
            .annotate(|i| (big(&i), i.id().count()))
            .filter(|i| big(&i).gt(0))
            .order_by(|i| (big(&i).desc(), i.billing_country()))
            .limit(6)
            .all(db)?)
    };
    "gr-tomany" => |db| Customer::objects()
        .values_list(|c| c.country())
        .annotate(|c| c.invoices().total().sum())
        .order_by(|c| (c.invoices().total().sum().desc(), c.country()))
        .limit(6)
        .all(db)?;
    "gr-agg-arith" => |db| Genre::objects()
        .values_list(|g| g.name())
        .annotate(|g| g.tracks().unit_price().sum() / g.tracks().count().cast::<f64>())
        .order_by(|g| g.name())
        .limit(6)
        .all(db)?;
    "f-domain" => |db| {
        let domain = |c: &Fields<Customer>| c.email().substr_from(c.email().instr("@") + 1);
        Customer::objects()
            .values_list(|c| domain(&c))
            .annotate(|c| c.id().count())
            .order_by(|c| (c.id().count().desc(), domain(&c)))
            .limit(5)
            .all(db)?
    };
    "f-nested-case-agg" => |db| {
        let companies = |c: &Fields<Customer>| case().when(c.company().is_not_null(), 1_i64).otherwise(0).sum();
        Customer::objects()
            .values_list(|c| c.country())
            .annotate(|c| companies(&c))
            .filter(|c| companies(&c).gt(0))
            .values_list(|c| (c.country(), companies(&c), c.id().count()))
            .order_by(|c| (companies(&c).desc(), c.country()))
            .limit(5)
            .all(db)?
    };
}

/// A group and two aggregates in one tuple.
fn flat3<A, B, C>(groups: Vec<(A, (B, C))>) -> Vec<(A, B, C)> {
    groups.into_iter().map(|(key, (first, second))| (key, first, second)).collect()
}
