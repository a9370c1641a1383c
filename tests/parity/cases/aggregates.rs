//! Aggregates: over all rows, over groups, beside each row and in its conditions.

use crate::canon::{named, rows};
use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "agg-default-alias" => |db| {
        let rock = Track::objects().filter(|t| t.genre().eq(1));
        let (count, max) = rock.aggregate(db, |t| (t.id().count(), t.milliseconds().max()))?;
        named!(id__count = count, milliseconds__max = max)
    };
    "agg-none-queryset" => |db| {
        let (n, s) = Track::objects().none().aggregate(db, |t| (t.id().count(), t.bytes().sum()))?;
        named!(n, s)
    };
    "agg-across-join" => |db| {
        let (na, nt, ms) = Artist::objects().filter(|a| a.name().eq("Iron Maiden")).aggregate(db, |a| {
            (a.albums().count(), a.albums().tracks().count(), a.albums().tracks().milliseconds().sum())
        })?;
        named!(na, nt, ms)
    };
    "agg-expression" => |db| {
        let (rev, lines) = InvoiceLine::objects()
            .aggregate(db, |l| ((l.unit_price() * l.quantity().cast::<f64>()).sum(), l.id().count()))?;
        named!(rev, lines)
    };
    "agg-dates" => |db| {
        let (first, last, oldest) = Employee::objects()
            .aggregate(db, |e| (e.hire_date().min(), e.hire_date().max(), e.birth_date().min()))?;
        named!(first, last, oldest)
    };
    "agg-strings" => |db| {
        let (lo, hi) = Artist::objects().aggregate(db, |a| (a.name().min(), a.name().max()))?;
        named!(lo, hi)
    };
    "agg-over-distinct" => |db| {
        let (s, n) = Track::objects()
            .aggregate(db, |t| (t.unit_price().sum().distinct(), t.unit_price().count_distinct()))?;
        named!(s, n)
    };
    "agg-over-slice" => |db| {
        let longest = Track::objects().order_by(|t| (t.milliseconds().desc(), t.id())).limit(20);
        let (a, n) = longest.aggregate(db, |t| (t.milliseconds().avg(), t.id().count()))?;
        named!(a, n)
    };
    "agg-case" => |db| {
        let (long, composed) = Track::objects().aggregate(db, |t| {
            let long = case().when(t.milliseconds().gt(300_000), 1_i64).otherwise(0).sum();
            (long, case().when(!t.composer().is_null(), t.id()).end().count())
        })?;
        named!(long, composed)
    };
    "agg-m2m" => |db| {
        let (n, price, artists) = Playlist::objects().filter(|p| p.name().eq("Grunge")).aggregate(db, |p| {
            (p.tracks().count(), p.tracks().unit_price().sum(), p.tracks().album().artist().key().count_distinct())
        })?;
        named!(n, price, artists)
    };
    "agg-multi-join-blowup" => |db| {
        let (t, il, pl) = Album::objects().filter(|a| a.id().eq(1)).aggregate(db, |a| {
            (a.tracks().count(), a.tracks().invoice_lines().count(), a.tracks().playlists().count())
        })?;
        named!(t, il, pl)
    };

    "having-count" => |db| {
        let artists = Artist::objects()
            .annotate(|a| a.albums().count())
            .filter(|a| a.albums().count().gt(5))
            .order_by(|a| (a.albums().count().desc(), a.name()));
        rows!(artists.all(db)?, (a, n) => id = a.id, name = a.name, n)
    };
    "having-filter-after" => |db| Playlist::objects()
        .filter(|p| p.tracks().genre().name().eq("Opera"))
        .order_by(|p| p.id())
        .values_list(|p| (p.id(), p.tracks().count()))
        .all(db)?;
    "having-two-aggregates" => |db| {
        let albums = Album::objects()
            .annotate(|a| (a.tracks().count(), a.tracks().milliseconds().sum()))
            .filter(|a| a.tracks().count().ge(20) & a.tracks().milliseconds().sum().gt(6_000_000))
            .order_by(|a| a.id());
        rows!(albums.all(db)?, (a, (n, ms)) => id = a.id, n, ms)
    };
    "having-distinct-multi" => |db| {
        let artists = Artist::objects()
            .filter(|a| a.albums().count().ge(6))
            .order_by(|a| a.id())
            .values_list(|a| {
                let tracks = a.albums().tracks();
                (a.name(), a.albums().count(), tracks.count(), tracks.invoice_lines().count())
            });
        rows!(artists.all(db)?, (name, na, nt, sold) => name, na, nt, sold)
    };
    "having-alias" => |db| Album::objects()
        .filter(|a| a.tracks().count().eq(1))
        .order_by(|a| a.id())
        .values_list(|a| a.id())
        .all(db)?;
    "having-arith" => |db| {
        let per = |c: &Fields<Customer>| c.invoices().total().sum() / c.invoices().count().cast::<f64>();
        Customer::objects()
            .filter(|c| per(&c).gt(6.2))
            .order_by(|c| c.id())
            .values_list(|c| (c.id(), per(&c)))
            .all(db)?
    };
    "having-reverse-m2m" => |db| Track::objects()
        .filter(|t| t.playlists().count().ge(5))
        .order_by(|t| t.id())
        .limit(15)
        .values_list(|t| (t.id(), t.playlists().count()))
        .all(db)?;
    "having-f-compare" => |db| {
        let genres = |a: &Fields<Album>| a.tracks().genre().key().count_distinct();
        Album::objects()
            .filter(|a| a.tracks().count().lt(genres(&a) * 10) & genres(&a).gt(1))
            .order_by(|a| a.id())
            .values_list(|a| (a.id(), a.tracks().count(), genres(&a)))
            .all(db)?
    };
    "having-order-slice" => |db| Track::objects()
        .order_by(|t| (t.invoice_lines().count().desc(), t.name(), t.id()))
        .limit(10)
        .values_list(|t| (t.name(), t.invoice_lines().count()))
        .all(db)?;
    "having-with-select-related" => |db| {
        let albums = Album::objects()
            .select_related(|a| a.artist())
            .annotate(|a| a.tracks().count())
            .filter(|a| a.tracks().count().ge(25))
            .order_by(|a| a.id());
        rows!(albums.all(db)?, (a, n) => title = a.title, n, artist = named!(name = a.artist.get(db)?.name))
    };

    "group-one" => |db| {
        let countries = Customer::objects()
            .values_list(|c| c.country())
            .annotate(|c| c.id().count())
            .order_by(|c| (c.id().count().desc(), c.country()));
        rows!(countries.all(db)?, (country, n) => country, n)
    };
    "group-related" => |db| {
        let genres = Track::objects()
            .values_list(|t| t.genre().name())
            .annotate(|t| (t.id().count(), t.milliseconds().sum()))
            .order_by(|t| t.genre().name());
        rows!(genres.all(db)?, (genre, (n, ms)) => genre__name = genre, n, ms)
    };
    "group-two-columns" => |db| {
        let cities = Invoice::objects()
            .filter(|i| i.billing_country().in_(["USA", "Brazil"]))
            .values_list(|i| (i.billing_country(), i.billing_city()))
            .annotate(|i| i.total().sum())
            .order_by(|i| (i.billing_country(), i.billing_city()));
        rows!(cities.all(db)?, ((billing_country, billing_city), s) => billing_country, billing_city, s)
    };
    "group-values-after" => |db| {
        let albums = Album::objects()
            .filter(|a| a.artist().eq(50))
            .order_by(|a| a.id())
            .values_list(|a| (a.title(), a.tracks().count()));
        rows!(albums.all(db)?, (title, n) => title, n)
    };
    "group-null-key" => |db| {
        let states = Customer::objects()
            .values_list(|c| c.state())
            .annotate(|c| c.id().count())
            .filter(|c| c.id().count().gt(1))
            .order_by(|c| c.state());
        rows!(states.all(db)?, (state, n) => state, n)
    };
    "group-distinct-agg" => |db| {
        let artists = |l: &Fields<InvoiceLine>| l.track().album().artist().key().count_distinct();
        let countries = InvoiceLine::objects()
            .values_list(|l| l.invoice().billing_country())
            .annotate(|l| (artists(&l), l.id().count()))
            .order_by(|l| (artists(&l).desc(), l.invoice().billing_country()))
            .limit(6);
        rows!(countries.all(db)?, (country, (artists, n)) => invoice__billing_country = country, artists, n)
    };
    "group-case-bucket" => |db| {
        let bucket = |t: &Fields<Track>| {
            case()
                .when(t.milliseconds().lt(120_000), "short")
                .when(t.milliseconds().lt(360_000), "normal")
                .otherwise("long")
        };
        let buckets = Track::objects()
            .values_list(|t| bucket(&t))
            .annotate(|t| (t.id().count(), t.unit_price().sum()))
            .order_by(|t| bucket(&t));
        rows!(buckets.all(db)?, (bucket, (n, price)) => bucket, n, price)
    };
    "group-min-only" => |db| {
        let prices = Track::objects()
            .values_list(|t| t.unit_price())
            .annotate(|t| (t.milliseconds().min(), t.bytes().max()))
            .order_by(|t| t.unit_price());
        rows!(prices.all(db)?, (unit_price, (m, x)) => unit_price, m, x)
    };
    "group-count-of-groups-exists" => |db| Track::objects()
        .values_list(|t| t.composer())
        .annotate(|t| t.album().key().count_distinct())
        .filter(|t| !t.composer().is_null() & t.album().key().count_distinct().ge(8))
        .order_by(|t| (t.album().key().count_distinct().desc(), t.composer()))
        .all(db)?;
}
