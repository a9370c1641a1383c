//! Slices, pages, and several querysets as one.

use crate::canon::{named, shape, shapes};
use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "slice-of-slice" => |db| {
        let tracks = Track::objects().order_by(|t| t.id()).slice(100..200).slice(5..8);
        shapes!(tracks.all(db)?, t; id)
    };
    "earliest" => |db| {
        let india = Invoice::objects().filter(|i| i.billing_country().eq("India"));
        let invoice = india.earliest(db, |i| (i.invoice_date(), i.id()))?;
        shape!(invoice; id, invoice_date)
    };
    "latest" => |db| {
        let invoice = Invoice::objects().latest(db, |i| i.invoice_date())?;
        shape!(invoice; id, invoice_date)
    };
    "latest-related" => |db| {
        let customer = Customer::objects().latest(db, |c| (c.support_rep().hire_date(), c.id().desc()))?;
        shape!(customer; id, support_rep_id = customer.support_rep)
    };
    "contains-object" => |db| {
        let jazz = Genre::objects().filter(|g| g.name().eq("Jazz")).get(db)?;
        [
            Genre::objects().filter(|g| g.id().lt(5)).contains(db, &jazz)?,
            Genre::objects().filter(|g| g.id().gt(5)).contains(db, &jazz)?,
        ]
    };

    "count-union" => |db| {
        let cities = Customer::objects().values_list(|c| c.city());
        cities.union(Employee::objects().values_list(|e| e.city())).count(db)?
    };
    "set-union" => |db| {
        let low = Genre::objects().filter(|g| g.id().le(3));
        let genres = low.union(Genre::objects().filter(|g| g.id().between(2, 5))).order_by(|g| g.id());
        shapes!(genres.all(db)?, g; id, name)
    };
    "set-intersection" => |db| {
        let rock = Track::objects().filter(|t| t.genre().name().eq("Rock"));
        let grunge = Track::objects().filter(|t| t.playlists().name().eq("Grunge"));
        shapes!(rock.intersection(grunge).order_by(|t| t.id()).all(db)?, t; id, name)
    };
    "set-difference" => |db| Artist::objects()
        .values_list(|a| a.id())
        .difference(Album::objects().values_list(|a| a.artist()))
        .order_by(|a| a.id().desc())
        .slice(..5)
        .all(db)?;
    "set-union-sliced" => |db| {
        let high = Invoice::objects().filter(|i| i.total().gt(20)).values_list(|i| (i.id(), i.total()));
        let low = Invoice::objects().filter(|i| i.total().lt(1)).values_list(|i| (i.id(), i.total()));
        high.union(low).order_by(|i| (i.total().desc(), i.id())).slice(..6).all(db)?
    };
    "set-union-three" => |db| {
        let customers = Customer::objects()
            .filter(|c| c.country().eq("Chile"))
            .union(Customer::objects().filter(|c| c.country().eq("India")))
            .union(Customer::objects().filter(|c| c.city().eq("Rome")))
            .order_by(|c| c.last_name());
        shapes!(customers.all(db)?, c; id, last_name, country)
    };
    "set-difference-distinct" => |db| {
        let large = Invoice::objects().filter(|i| i.total().gt(14)).values_list(|i| i.billing_country());
        Customer::objects().values_list(|c| c.country()).difference(large).order_by(|c| c.country()).all(db)?
    };
    "set-union-exists-first" => |db| {
        let both = Genre::objects().filter(|g| g.id().eq(7)).union(Genre::objects().filter(|g| g.id().eq(9)));
        (both.exists(db)?, both.order_by(|g| g.id().desc()).first(db)?.unwrap().name)
    };
    "set-union-in-subquery" => |db| {
        let genre = |id: i64| Genre::objects().filter(|g| g.id().eq(id)).values_list(|g| g.id());
        Track::objects()
            .filter(|t| t.genre().key().in_(genre(18).union(genre(25))))
            .order_by(|t| t.id())
            .values_list(|t| t.id())
            .all(db)?
    };
    "combine-and" => |db| {
        let rock = Track::objects().filter(|t| t.genre().eq(1));
        let long = Track::objects().filter(|t| t.milliseconds().gt(800_000));
        (rock & long).order_by(|t| t.id()).values_list(|t| t.id()).all(db)?
    };
    "combine-or-none" => |db| {
        let genres = Genre::objects().none() | Genre::objects().filter(|g| g.id().eq(4));
        genres.values_list(|g| g.name()).all(db)?
    };
    "combine-xor" => |db| {
        let brazil = Customer::objects().filter(|c| c.country().eq("Brazil"));
        let of_rep = Customer::objects().filter(|c| c.support_rep().eq(4));
        (brazil ^ of_rep).order_by(|c| c.id()).values_list(|c| c.id()).all(db)?
    };

    "page-first" => |db| {
        let page = Artist::objects().order_by(|a| (a.name(), a.id())).paginate(db, 1, 20)?;
        let names: Vec<_> = page.iter().map(|a| &a.name).collect();
        named!(names, next = page.has_next(), prev = page.has_previous())
    };
    "page-filtered-select-related" => |db| {
        let jazz = Track::objects()
            .select_related(|t| t.album().artist())
            .filter(|t| t.genre().name().eq("Jazz"))
            .order_by(|t| (t.name(), t.id()));
        let pages = jazz.paginator(db, 15)?;
        let mut rows = Vec::new();
        for track in pages.page(db, 3)?.iter() {
            let album = track.album.get(db)?.unwrap();
            rows.push((track.name.clone(), album.artist.get(db)?.name.clone()));
        }
        named!(rows, pages = pages.pages())
    };
    // A page is a number: what is none is the first page, where the text is read.
    "page-get-page-clamps" => |db| {
        let pages = MediaType::objects().order_by(|m| m.id()).paginator(db, 2)?;
        let mut ids = Vec::new();
        for page in ["99", "x"] {
            let page = pages.get_page(db, page.parse().unwrap_or(1))?;
            ids.push(page.iter().map(|m| m.id).collect::<Vec<_>>());
        }
        (ids.remove(0), ids.remove(0), pages.pages())
    };
    "page-empty-list" => |db| {
        let pages = Artist::objects().filter(|a| a.id().lt(0)).order_by(|a| a.id()).paginator(db, 5)?;
        (pages.count(), pages.pages(), pages.page(db, 1)?.len())
    };
}
