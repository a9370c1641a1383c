//! Reports: larger questions, of several parts.

use std::collections::HashMap;

use crate::canon::{named, rows, shape};
use crate::models::*;
use eager_orm::prelude::*;
use serde_json::Value;

cases! {
    "rep-revenue-genre-year" => |db| {
        let groups = InvoiceLine::objects()
            .values_list(|l| (l.track().genre().name(), l.invoice().invoice_date().year()))
            .annotate(|l| ((l.unit_price() * l.quantity().cast::<f64>()).sum(), l.quantity().sum()))
            .order_by(|l| (l.track().genre().name(), l.invoice().invoice_date().year()));
        rows!(groups.all(db)?, ((genre, year), (revenue, units)) => track__genre__name = genre, year, revenue, units)
    };
    "rep-playlist-avg-length" => |db| {
        let playlists = Playlist::objects()
            .order_by(|p| (p.tracks().milliseconds().avg().desc().nulls_last(), p.id()))
            .values_list(|p| {
                let gb = p.tracks().bytes().sum().cast::<f64>() / 1_073_741_824.0;
                (p.id(), p.name(), p.tracks().count(), p.tracks().milliseconds().avg(), gb)
            });
        rows!(playlists.all(db)?, (id, name, n, avg, gb) => id, name, n, avg, gb)
    };
    "rep-employee-hierarchy" => |db| {
        let level = |e: &Fields<Employee>| {
            case().when(e.reports_to().is_null(), 0).when(e.reports_to().reports_to().is_null(), 1).otherwise(2)
        };
        let employees = Employee::objects()
            .select_related(|e| e.reports_to().reports_to())
            .annotate(|e| (e.reports().count(), e.customers().count(), level(&e)))
            .order_by(|e| (level(&e), e.id()));
        let mut list = Vec::new();
        for (e, (direct, customers_n, level)) in employees.all(db)? {
            let boss = match e.reports_to.get(db)? {
                Some(boss) => {
                    let top = boss.reports_to.get(db)?.map(|top| shape!(top; last_name));
                    shape!(boss; last_name, reports_to = top)
                }
                None => Value::Null,
            };
            list.push(shape!(e; id, last_name, title, level = level, direct = direct, customers_n = customers_n,
                reports_to = boss));
        }
        list
    };
    "rep-rep-performance" => |db| {
        let employees = Employee::objects()
            .filter(|e| e.customers().exists())
            .annotate(|e| {
                let invoices = e.customers().invoices();
                let of_2025 = invoices.invoice_date().year().eq(2025);
                let total = invoices.total();
                (e.customers().count(), total.sum(), total.max(), total.sum().filter(of_2025))
            })
            .order_by(|e| e.customers().invoices().total().sum().desc());
        rows!(employees.all(db)?, (e, (customers_n, revenue, best, y2025)) =>
            last_name = e.last_name, customers_n, revenue, best, y2025)
    };
    // Values beside rows that are prefetched are a query of those rows; they are put to their albums by key.
    "rep-album-full" => |db| {
        let albums = Album::objects()
            .filter(|a| a.artist().name().eq("Pearl Jam"))
            .select_related(|a| a.artist())
            .annotate(|a| a.tracks().milliseconds().sum() / 60_000)
            .order_by(|a| a.id())
            .all(db)?;
        let tracks = Track::objects()
            .filter(|t| t.album().in_(albums.iter().map(|(album, _)| album)))
            .select_related(|t| (t.genre(), t.media_type()))
            .annotate(|t| t.invoice_lines().count())
            .order_by(|t| t.id())
            .all(db)?;
        let mut of: HashMap<i64, Vec<Value>> = HashMap::new();
        for (t, sold) in &tracks {
            let genre = t.genre.get(db)?.map(|g| shape!(g; name));
            let track = shape!(t; name, sold = sold, genre = genre, media_type = shape!(t.media_type.get(db)?; name));
            of.entry(*t.album.key().unwrap()).or_default().push(track);
        }
        rows!(&albums, (a, minutes) => title = a.title, minutes, artist = named!(name = a.artist.get(db)?.name),
            tracks = of.remove(&a.id).unwrap_or_default())
    };
    "rep-customer-latest-detail" => |db| {
        let customers = Customer::objects()
            .filter(|c| c.support_rep().last_name().eq("Johnson"))
            .prefetch_related(|c| {
                c.invoices()
                    .order_by(|i| (i.invoice_date().desc(), i.id().desc()))
                    .prefetch_related(|i| i.lines().order_by(|l| l.id()).select_related(|l| l.track().genre()))
                    .limit(1)
                    .to(|c| c.latest())
            })
            .order_by(|c| c.id());
        let mut list = Vec::new();
        for c in customers.all(db)? {
            let mut latest = Vec::new();
            for i in c.latest.get()? {
                let mut lines = Vec::new();
                for l in i.lines.all(db)? {
                    let track = l.track.get(db)?;
                    let genre = track.genre.get(db)?.map(|g| shape!(g; name));
                    lines.push(shape!(l; id, track = shape!(track; name, genre = genre)));
                }
                latest.push(shape!(i; id, invoice_date, lines = lines));
            }
            list.push(shape!(c; id, last_name, latest = latest));
        }
        list
    };
    "rep-artist-catalog-size" => |db| {
        let artists = Artist::objects()
            .filter(|a| a.albums().tracks().count().ge(60))
            .order_by(|a| (a.albums().tracks().count().desc(), a.name()))
            .values_list(|a| {
                let tracks = a.albums().tracks();
                let hours = (tracks.milliseconds().sum().cast::<f64>() / 3_600_000.0).round(3);
                (a.name(), a.albums().count(), tracks.count(), hours)
            });
        rows!(artists.all(db)?, (name, n_albums, n_tracks, hours) => name, n_albums, n_tracks, hours)
    };
    "rep-same-city-pairs" => |db| {
        let mate = |c: &Fields<Customer>| {
            let (id, city) = (outer(c.id()), outer(c.city()));
            let others = Customer::objects().filter(|o| o.city().eq(city) & o.id().gt(id));
            subquery(others.order_by(|o| o.id()).values_list(|o| o.last_name()))
        };
        Customer::objects()
            .filter(|c| !mate(&c).is_null())
            .order_by(|c| c.id())
            .values_list(|c| (c.city(), c.last_name(), mate(&c)))
            .all(db)?
    };
}
