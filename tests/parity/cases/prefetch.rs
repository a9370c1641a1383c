//! Prefetching: whole relations, parts of them, nested, and on a large scale.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::canon::{Canon, shape, shapes, sorted};
use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "pf-reverse-fk" => |db| {
        let artists = Artist::objects()
            .filter(|a| a.id().in_([1, 2, 25]))
            .prefetch_related(|a| a.albums())
            .order_by(|a| a.id());
        shapes!(artists.all(db)?, a; id, name, albums = shapes!(sorted(a.albums.all(db)?, |a| a.id), a; id, title))
    };
    "pf-m2m-reverse" => |db| {
        let tracks = Track::objects()
            .filter(|t| t.album().eq(1))
            .prefetch_related(|t| t.playlists())
            .order_by(|t| t.id());
        shapes!(tracks.all(db)?, t; id, playlists = shapes!(sorted(t.playlists.all(db)?, |p| p.id), p; id, name))
    };
    "pf-nested-two" => |db| {
        let artists = Artist::objects()
            .filter(|a| a.id().in_([8, 12]))
            .prefetch_related(|a| a.albums().tracks())
            .order_by(|a| a.id());
        shapes!(artists.all(db)?, a; name, albums = shapes!(sorted(a.albums.all(db)?, |a| a.id), a;
            title, tracks = shapes!(sorted(a.tracks.all(db)?, |t| t.id), t; id, name)))
    };
    "pf-nested-three" => |db| {
        let artists = Artist::objects()
            .filter(|a| a.id().eq(51))
            .prefetch_related(|a| a.albums().tracks().invoice_lines());
        shapes!(artists.all(db)?, a; name, albums = shapes!(sorted(a.albums.all(db)?, |a| a.id), a;
            title, tracks = shapes!(sorted(a.tracks.all(db)?, |t| t.id), t;
                id, invoice_lines = shapes!(sorted(t.invoice_lines.all(db)?, |l| l.id), l;
                    id, invoice_id = l.invoice))))
    };
    "pf-ordered-queryset" => |db| {
        let artists = Artist::objects()
            .filter(|a| a.id().in_([22, 90]))
            .prefetch_related(|a| a.albums().order_by(|a| a.title().desc()))
            .order_by(|a| a.id());
        shapes!(artists.all(db)?, a; name, albums = shapes!(a.albums.all(db)?, a; title))
    };
    "pf-sliced-queryset" => |db| {
        let genres = Genre::objects()
            .filter(|g| g.id().le(5))
            .prefetch_related(|g| {
                g.tracks().order_by(|t| (t.milliseconds().desc(), t.id())).limit(2).to(|g| g.longest())
            })
            .order_by(|g| g.id());
        shapes!(genres.all(db)?, g; name, longest = shapes!(g.longest.get()?, t; id, milliseconds))
    };
    "pf-sliced-offset-to-attr" => |db| {
        let artists = Artist::objects()
            .filter(|a| a.id().in_([22, 50, 58]))
            .prefetch_related(|a| {
                let albums = a.albums().order_by(|a| (a.title(), a.id()));
                albums.query(|q| q.offset(1).limit(2)).to(|a| a.second_third())
            })
            .order_by(|a| a.id());
        shapes!(artists.all(db)?, a; name, second_third = shapes!(a.second_third.get()?, a; title))
    };
    "pf-to-attr" => |db| {
        let customers = Customer::objects()
            .filter(|c| c.id().in_([1, 2, 3]))
            .prefetch_related(|c| {
                let big = c.invoices().filter(|i| i.total().gt(8));
                big.order_by(|i| (i.total().desc(), i.id())).to(|c| c.big_invoices())
            })
            .order_by(|c| c.id());
        shapes!(customers.all(db)?, c; id, big_invoices = shapes!(c.big_invoices.get()?, i; id, total))
    };
    "pf-to-attr-nested" => |db| {
        let albums = Album::objects()
            .filter(|a| a.id().in_([1, 4]))
            .prefetch_related(|a| {
                a.tracks()
                    .filter(|t| t.milliseconds().gt(250_000))
                    .order_by(|t| t.id())
                    .prefetch_related(|t| t.playlists().order_by(|p| p.id().desc()))
                    .to(|a| a.long_tracks())
            })
            .order_by(|a| a.id());
        shapes!(albums.all(db)?, a; title, long_tracks = shapes!(a.long_tracks.get()?, t;
            id, playlists = shapes!(t.playlists.all(db)?, p; id)))
    };
    "pf-select-related-inside" => |db| {
        let invoices = Invoice::objects()
            .filter(|i| i.id().in_([1, 2]))
            .prefetch_related(|i| i.lines().order_by(|l| l.id()).select_related(|l| l.track().album().artist()))
            .order_by(|i| i.id());
        let mut list = Vec::new();
        for i in invoices.all(db)? {
            let mut lines = Vec::new();
            for l in i.lines.all(db)? {
                let track = l.track.get(db)?;
                let artist = track.album.get(db)?.unwrap().artist.get(db)?;
                let album = shape!((); artist = shape!(artist; name));
                lines.push(shape!(l; id, track = shape!(track; name, album = album)));
            }
            list.push(shape!(i; id, lines = lines));
        }
        list
    };
    "pf-prefetch-inside-prefetch" => |db| {
        let playlists = Playlist::objects().filter(|p| p.id().eq(16)).prefetch_related(|p| {
            let tracks = p.tracks().order_by(|t| t.name());
            tracks.prefetch_related(|t| t.album().select_related(|a| a.artist()))
        });
        let mut list = Vec::new();
        for p in playlists.all(db)? {
            let mut tracks = Vec::new();
            for t in p.tracks.all(db)? {
                let album = t.album.get(db)?.unwrap();
                let artist = shape!(album.artist.get(db)?; name);
                tracks.push(shape!(t; name, album = shape!(album; title, artist = artist)));
            }
            list.push(shape!(p; name, tracks = tracks));
        }
        list
    };
    "pf-empty-parent" => |db| {
        let artists = Artist::objects().filter(|a| a.id().lt(0)).prefetch_related(|a| a.albums().tracks());
        shapes!(artists.all(db)?, a; id)
    };
    "pf-null-forward" => |db| {
        let employees = Employee::objects()
            .filter(|e| e.id().in_([1, 2]))
            .prefetch_related(|e| e.reports_to())
            .order_by(|e| e.id());
        shapes!(employees.all(db)?, e; id, reports_to = e.reports_to.get(db)?.map(|boss| shape!(boss; id)))
    };
    "pf-null-forward-only" => |db| {
        let employees =
            Employee::objects().filter(|e| e.id().eq(1)).prefetch_related(|e| e.reports_to().customers());
        shapes!(employees.all(db)?, e; id, reports_to = e.reports_to.get(db)?.map(|boss| shape!(boss; id)))
    };
    // Nothing is loaded that was not asked for, so there is nothing to take back.
    "pf-clear" => |db| shapes!(Album::objects().filter(|a| a.id().eq(1)).all(db)?, a; id, title);
    "pf-duplicate-lookup" => |db| {
        let albums = Album::objects()
            .filter(|a| a.id().eq(4))
            .prefetch_related(|a| (a.tracks(), a.tracks().genre(), a.tracks()));
        shapes!(albums.all(db)?, a; tracks = shapes!(sorted(a.tracks.all(db)?, |t| t.id), t;
            id, genre = t.genre.get(db)?.map(|g| shape!(g; name))))
    };
    "pf-identity" => |db| {
        let tracks = Track::objects()
            .filter(|t| t.album().eq(1))
            .prefetch_related(|t| t.album())
            .order_by(|t| t.id())
            .all(db)?;
        let mut albums = BTreeSet::new();
        for track in &tracks {
            albums.insert(std::ptr::from_ref(track.album.get(db)?.unwrap()));
        }
        (tracks.len(), albums.len())
    };
    "pf-only-inside" => |db| {
        let customers = slim::Customer::objects()
            .filter(|c| c.id().in_([10, 11]))
            .prefetch_related(|c| {
                let invoices = c.invoices().order_by(|i| i.id().desc());
                invoices.query(|q| q.only(|i| i.total())).to(|c| c.totals())
            })
            .order_by(|c| c.id());
        shapes!(customers.all(db)?, c; id, invoices = shapes!(c.totals.get()?, i; id, total = i.total.get(db)?))
    };
    "pf-m2m-ordered-by-related" => |db| {
        let playlists = Playlist::objects()
            .filter(|p| p.id().in_([16, 17]))
            .prefetch_related(|p| p.tracks().order_by(|t| (t.album().artist().name(), t.name(), t.id())))
            .order_by(|p| p.id());
        shapes!(playlists.all(db)?, p; name, tracks = shapes!(p.tracks.all(db)?, t; name))
    };
    "pf-reverse-m2m-filtered" => |db| {
        let tracks = Track::objects()
            .filter(|t| t.id().in_([1, 2, 3, 597]))
            .prefetch_related(|t| {
                let lists = t.playlists().filter(|p| p.name().icontains("M"));
                lists.order_by(|p| (p.name(), p.id())).to(|t| t.m_lists())
            })
            .order_by(|t| t.id());
        shapes!(tracks.all(db)?, t; id, m_lists = shapes!(t.m_lists.get()?, p; id, name))
    };

    "large-catalog-prefetch" => |db| {
        let artists = Artist::objects().order_by(|a| a.id()).prefetch_related(|a| {
            let albums = a.albums().order_by(|a| (a.title(), a.id()));
            albums.prefetch_related(|a| a.tracks().order_by(|t| t.id()))
        });
        shapes!(artists.all(db)?, a; name, albums = shapes!(a.albums.all(db)?, a;
            title, tracks = shapes!(a.tracks.all(db)?, t; id, name)))
    };
    "large-m2m-prefetch" => |db| {
        let playlists = Playlist::objects()
            .order_by(|p| p.id().desc())
            .prefetch_related(|p| p.tracks().order_by(|t| t.id().desc()).select_related(|t| t.genre()));
        shapes!(playlists.all(db)?, p; id, name, tracks = shapes!(p.tracks.all(db)?, t;
            id, genre = t.genre.get(db)?.map(|g| shape!(g; name))))
    };
    "large-sales-tree" => |db| {
        let employees = Employee::objects()
            .filter(|e| e.customers().exists())
            .order_by(|e| e.id())
            .prefetch_related(|e| e.customers().invoices().lines());
        shapes!(employees.all(db)?, e; id, customers = shapes!(sorted(e.customers.all(db)?, |c| c.id), c;
            id, country, invoices = shapes!(sorted(c.invoices.all(db)?, |i| i.id), i;
                id, invoice_date, total, lines = shapes!(sorted(i.lines.all(db)?, |l| l.id), l;
                    id, track_id = l.track, unit_price))))
    };
    "large-reverse-m2m-iterator" => |db| db.read(|snapshot| {
        let digit = |p: &Playlist| if p.id < 16 { format!("{:x}", p.id) } else { "g".to_owned() };
        let mut sets: BTreeMap<String, i64> = BTreeMap::new();
        for track in Track::objects().order_by(|t| t.id()).prefetch_related(|t| t.playlists()).iter(snapshot)? {
            let mut digits: Vec<String> = track?.playlists.all(snapshot)?.iter().map(digit).collect();
            digits.sort();
            *sets.entry(digits.concat()).or_default() += 1;
        }
        let sets: HashMap<String, i64> = sets.into_iter().collect();
        Ok(serde_json::to_value(sets).unwrap().canon())
    })?;
}
