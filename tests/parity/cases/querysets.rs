//! Querysets and what runs them: `filter` and `exclude`, order, slices, `get`, `first`, `count`, `in_bulk`, streams.

use crate::canon::{named, rows, shape, shapes};
use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "basic-all" => |db| shapes!(Genre::objects().order_by(|g| g.id()).all(db)?, g; id, name);
    "basic-exclude-related" => |db| Track::objects()
        .exclude(|t| t.genre().name().eq("Rock"))
        .order_by(|t| t.id())
        .values_list(|t| t.id())
        .all(db)?;
    "basic-filter-exclude-chain" => |db| {
        let customers = Customer::objects()
            .filter(|c| c.country().eq("USA"))
            .exclude(|c| c.state().eq("CA"))
            .order_by(|c| (c.last_name(), c.id()));
        shapes!(customers.all(db)?, c; id, last_name, state)
    };
    "basic-exclude-nullable" => |db| Track::objects()
        .exclude(|t| t.composer().eq("U2"))
        .filter(|t| t.album().title().starts_with("A"))
        .order_by(|t| t.id())
        .values_list(|t| (t.id(), t.composer()))
        .all(db)?;
    "basic-pk-alias" => |db| {
        let types = MediaType::objects().filter(|m| m.id().in_([1, 3, 99])).order_by(|m| m.id().desc());
        shapes!(types.all(db)?, m; id, name)
    };
    "basic-chain-immutable" => |db| {
        let base = Track::objects().filter(|t| t.genre().eq(2)).order_by(|t| t.id());
        let short = base.clone().filter(|t| t.milliseconds().lt(180_000));
        let long = base.clone().exclude(|t| t.milliseconds().lt(180_000));
        let ids: Vec<i64> = short.all(db)?.iter().map(|t| t.id).collect();
        named!(base = base.all(db)?.len(), short = ids, long = long.count(db)?)
    };
    "basic-related-kwargs" => |db| {
        let tracks = Track::objects()
            .filter(|t| t.album().artist().name().eq("AC/DC") & t.milliseconds().ge(300_000))
            .order_by(|t| (t.milliseconds().desc(), t.id()));
        shapes!(tracks.all(db)?, t; id, name, milliseconds)
    };
    "basic-self-fk-filter" => |db| {
        let employees = Employee::objects().filter(|e| e.reports_to().last_name().eq("Edwards")).order_by(|e| e.id());
        shapes!(employees.all(db)?, e; id, first_name, last_name, reports_to_id = e.reports_to)
    };
    "basic-employee-full" => |db| {
        let employees = Employee::objects().order_by(|e| (e.hire_date(), e.id()));
        shapes!(employees.all(db)?, e; id, last_name, first_name, title, reports_to_id = e.reports_to, birth_date,
            hire_date, address, city, state, country, postal_code, phone, fax, email)
    };

    "order-nulls-first" => |db| Customer::objects()
        .filter(|c| c.support_rep().eq(5))
        .order_by(|c| (c.company().asc().nulls_first(), c.id()))
        .values_list(|c| (c.company(), c.id()))
        .all(db)?;
    "order-nulls-last" => |db| Track::objects()
        .filter(|t| t.album().in_([6, 24, 25]))
        .order_by(|t| (t.composer().asc().nulls_last(), t.id().desc()))
        .values_list(|t| (t.composer(), t.id()))
        .all(db)?;
    "order-desc-nulls-last" => |db| Employee::objects()
        .order_by(|e| (e.reports_to().key().desc().nulls_last(), e.id()))
        .values_list(|e| (e.id(), e.reports_to()))
        .all(db)?;
    "order-desc-nulls-first" => |db| Customer::objects()
        .filter(|c| c.country().eq("Brazil"))
        .order_by(|c| (c.fax().desc().nulls_first(), c.id()))
        .values_list(|c| (c.fax(), c.id()))
        .all(db)?;
    "order-related" => |db| Album::objects()
        .filter(|a| a.id().lt(25))
        .order_by(|a| (a.artist().name(), a.title()))
        .values_list(|a| (a.artist().name(), a.title()))
        .all(db)?;
    "order-expression" => |db| Genre::objects()
        .order_by(|g| (g.name().length().desc(), g.name().lower()))
        .limit(8)
        .values_list(|g| g.name())
        .all(db)?;
    "order-cleared" => |db| {
        let genres = Genre::objects().order_by(|g| g.name()).order_by(|_| ()).filter(|g| g.id().eq(3));
        shapes!(genres.all(db)?, g; id, name)
    };
    "order-override" => |db| MediaType::objects()
        .order_by(|m| m.name())
        .order_by(|m| m.id().desc())
        .values_list(|m| m.id())
        .all(db)?;
    "order-by-lower-binary" => |db| {
        let albums = Album::objects().filter(|a| a.artist().in_([90, 58, 17]));
        let binary = albums.clone().order_by(|a| (a.title(), a.id())).values_list(|a| a.id()).all(db)?;
        let lower = albums.order_by(|a| (a.title().lower(), a.id())).values_list(|a| a.id()).all(db)?;
        named!(binary = binary, lower = lower)
    };
    "reverse-simple" => |db| Genre::objects()
        .order_by(|g| g.name())
        .reverse()
        .limit(5)
        .values_list(|g| g.name())
        .all(db)?;
    "reverse-nulls" => |db| Employee::objects()
        .order_by(|e| (e.reports_to().key().asc().nulls_first(), e.id()))
        .reverse()
        .values_list(|e| e.id())
        .all(db)?;
    "reverse-last" => |db| {
        let album = Album::objects().order_by(|a| a.title()).reverse().last(db)?;
        album.map(|a| shape!(a; id, title))
    };

    "slice-head" => |db| {
        let tracks = Track::objects().order_by(|t| (t.milliseconds().desc(), t.id())).limit(5);
        shapes!(tracks.all(db)?, t; id, name, milliseconds)
    };
    "slice-step" => |db| {
        let genres = Genre::objects().order_by(|g| g.id()).limit(10).all(db)?;
        shapes!(genres.iter().step_by(3), g; id, name)
    };
    "slice-empty" => |db| {
        let tracks = Track::objects().order_by(|t| t.id()).offset(5).limit(0);
        shapes!(tracks.all(db)?, t; id)
    };
    "slice-exists-past-end" => |db| Genre::objects().order_by(|g| g.id()).offset(25).exists(db)?;
    "slice-in-subquery" => |db| {
        let largest = Track::objects().order_by(|t| (t.bytes().desc(), t.id())).limit(4).values_list(|t| t.id());
        Track::objects()
            .filter(|t| t.id().in_(largest))
            .order_by(|t| t.id())
            .values_list(|t| (t.id(), t.bytes()))
            .all(db)?
    };
    "slice-aggregate" => |db| {
        let largest = Invoice::objects().order_by(|i| (i.total().desc(), i.id())).limit(10);
        let (s, lo) = largest.aggregate(db, |i| (i.total().sum(), i.total().min()))?;
        named!(s = s, lo = lo)
    };

    "get-does-not-exist" => |db| {
        let artist = Artist::objects().filter(|a| a.name().eq("Nobody At All")).get(db)?;
        shape!(artist; id)
    };
    "get-select-related" => |db| {
        let album = Album::objects().select_related(|a| a.artist()).filter(|a| a.title().eq("Facelift")).get(db)?;
        shape!(album; id, title, artist = shape!(album.artist.get(db)?; id, name))
    };
    "get-after-filter" => |db| {
        let invoice = Invoice::objects()
            .filter(|i| i.billing_country().eq("Chile"))
            .exclude(|i| i.total().lt(8))
            .filter(|i| i.total().gt(17))
            .get(db)?;
        shape!(invoice; id, total, billing_country)
    };
    "get-on-slice-error" => |db| {
        let genre = Genre::objects().order_by(|g| g.id()).limit(3).filter(|g| g.id().eq(1)).get(db)?;
        shape!(genre; id)
    };
    "get-distinct" => |db| {
        let artist = Artist::objects().filter(|a| a.albums().tracks().genre().name().eq("Opera")).get(db)?;
        shape!(artist; id, name)
    };
    "get-annotated" => |db| {
        let playlists = Playlist::objects().annotate(|p| p.tracks().count());
        let (playlist, n) = playlists.filter(|p| p.tracks().count().eq(26)).get(db)?;
        shape!(playlist; id, name, n = n)
    };

    "last-unordered" => |db| {
        let album = Album::objects().filter(|a| a.artist().eq(90)).last(db)?;
        album.map(|a| shape!(a; id, title))
    };
    "last-ordered-nulls" => |db| {
        let customer = Customer::objects().order_by(|c| (c.company(), c.id())).last(db)?;
        customer.map(|c| shape!(c; id, company))
    };
    "first-values" => |db| Track::objects()
        .order_by(|t| (t.unit_price().desc(), t.name(), t.id()))
        .values(|t| (t.name(), t.unit_price()))
        .first(db)?;
    "first-annotated" => |db| {
        let genre = Genre::objects()
            .annotate(|g| g.tracks().count())
            .order_by(|g| (g.tracks().count(), g.id()))
            .first(db)?;
        genre.map(|(g, n)| shape!(g; name, n = n))
    };

    "exists-false-related" => |db| Artist::objects()
        .filter(|a| a.albums().tracks().invoice_lines().quantity().gt(1))
        .exists(db)?;
    "count-join" => |db| Track::objects()
        .filter(|t| t.invoice_lines().invoice().billing_country().eq("Brazil"))
        .count(db)?;
    "count-distinct-join" => |db| Track::objects()
        .filter(|t| t.playlists().name().starts_with("Classical"))
        .count(db)?;
    "count-select-related" => |db| Track::objects()
        .select_related(|t| (t.album().artist(), t.genre()))
        .filter(|t| t.milliseconds().lt(60_000))
        .count(db)?;
    "count-unused-annotation" => |db| Artist::objects().annotate(|a| a.albums().count()).count(db)?;
    "count-annotation-filtered" => |db| Artist::objects().filter(|a| a.albums().count().ge(3)).count(db)?;
    "count-group-by" => |db| Invoice::objects()
        .values_list(|i| i.billing_country())
        .annotate(|i| i.id().count())
        .count(db)?;

    "in-bulk-all" => |db| {
        let types = MediaType::objects().all(db)?.into_iter().map(|m| (m.id, shape!(m; name)));
        types.collect::<std::collections::HashMap<_, _>>()
    };
    "in-bulk-empty" => |db| {
        let genres = Genre::objects().in_bulk(db, [0_i64; 0])?.into_iter().map(|(id, g)| (id, shape!(g; id)));
        genres.collect::<std::collections::HashMap<_, _>>()
    };
    "in-bulk-filtered" => |db| {
        let jazz = slim::Track::objects().filter(|t| t.genre().name().eq("Jazz")).only(|t| t.name());
        let mut tracks = std::collections::HashMap::new();
        for (id, t) in jazz.in_bulk(db, [63, 64, 1, 2])? {
            tracks.insert(id, shape!(t; id, name = t.name.get(db)?));
        }
        tracks
    };
    "in-bulk-prefetch" => |db| {
        let mut employees = std::collections::HashMap::new();
        for (id, e) in Employee::objects().prefetch_related(|e| e.reports()).in_bulk(db, [1, 2, 8])? {
            let reports = crate::canon::sorted(e.reports.all(db)?, |report| report.id);
            employees.insert(id, shape!(e; last_name, reports = shapes!(reports, report; last_name)));
        }
        employees
    };

    "iter-plain" => |db| {
        let mut names = Vec::new();
        Genre::objects().order_by(|g| g.id().desc()).for_each(db, |g| {
            names.push(g.name);
            Ok(())
        })?;
        names
    };
    "iter-values" => |db| {
        let mut sum = 0;
        Track::objects().values_list(|t| t.milliseconds()).for_each(db, |milliseconds| {
            sum += milliseconds;
            Ok(())
        })?;
        sum
    };
    "iter-nested-prefetch" => |db| db.read(|snapshot| {
        let albums = Album::objects()
            .filter(|a| a.id().le(6))
            .order_by(|a| a.id())
            .prefetch_related(|a| a.tracks().prefetch_related(|t| t.playlists()));
        let mut counts = Vec::new();
        for album in albums.iter(snapshot)? {
            let (album, mut count) = (album?, 0);
            for track in album.tracks.all(snapshot)? {
                count += track.playlists.all(snapshot)?.len();
            }
            counts.push((album.id, count));
        }
        Ok(counts)
    })?;

    "none-in-subquery" => |db| {
        let nobody = || Artist::objects().none().values_list(|a| a.id());
        [
            Album::objects().filter(|a| a.artist().key().in_(nobody())).count(db)?,
            Album::objects().exclude(|a| a.artist().key().in_(nobody())).count(db)?,
        ]
    };
    "none-q-contradiction" => |db| {
        let nothing = [0_i64; 0];
        [
            Genre::objects().filter(|g| g.id().in_(nothing) | g.id().eq(3)).count(db)?,
            Genre::objects().filter(|g| g.id().in_(nothing) & g.id().eq(3)).count(db)?,
            Genre::objects().filter(|g| !g.id().in_(nothing)).count(db)?,
        ]
    };

    "through-reverse-relation" => |db| Playlist::objects()
        .filter(|p| p.entries().track().milliseconds().gt(5_000_000))
        .order_by(|p| p.id())
        .values_list(|p| p.id())
        .all(db)?;
    "through-annotate" => |db| Track::objects()
        .filter(|t| t.playlist_entries().count().eq(4))
        .order_by(|t| t.id())
        .limit(10)
        .values_list(|t| (t.id(), t.playlist_entries().count()))
        .all(db)?;
    "through-composite-pk-in" => |db| {
        let pairs = [(1, 1), (17, 1), (2, 2)];
        let entries = PlaylistTrack::objects()
            .filter(|e| {
                let is = |(playlist, track)| e.playlist().eq(playlist) & e.track().eq(track);
                is(pairs[0]) | is(pairs[1]) | is(pairs[2])
            })
            .order_by(|e| e.playlist());
        shapes!(entries.all(db)?, e; playlist_id = e.playlist, track_id = e.track)
    };
    "through-group" => |db| {
        let groups = PlaylistTrack::objects()
            .filter(|e| e.track().genre().name().eq("Classical"))
            .values_list(|e| e.playlist())
            .annotate(|e| (e.track().key().count(), e.track().milliseconds().sum()))
            .order_by(|e| e.playlist());
        rows!(groups.all(db)?, (playlist_id, (n, ms)) => playlist_id, n, ms)
    };
}
