//! Arithmetic with dates, loading.

use crate::models::*;
use eager_orm::ToSpan;
use eager_orm::prelude::*;

cases! {
    "d-plus-days" => |db| Invoice::objects()
        .filter(|i| i.id().lt(4))
        .order_by(|i| i.id())
        .values_list(|i| (i.id(), i.invoice_date().plus(30.days())))
        .all(db)?;
    "d-filter-plus" => |db| Invoice::objects()
        .filter(|i| i.invoice_date().lt(i.customer().support_rep().hire_date().plus(7500.days())))
        .count(db)?;
    "d-diff-days" => |db| Employee::objects()
        .filter(|e| e.id().lt(4))
        .order_by(|e| e.id())
        .values_list(|e| (e.id(), e.hire_date().days_since(e.birth_date())))
        .all(db)?;
    "d-trunc-date-group" => |db| Invoice::objects()
        .values_list(|i| i.invoice_date().date())
        .annotate(|i| i.id().count())
        .filter(|i| i.id().count().gt(1))
        .order_by(|i| (i.id().count().desc(), i.invoice_date().date()))
        .limit(5)
        .all(db)?;
    "r-prefetch-through-fk" => |db| {
        let lines = InvoiceLine::objects()
            .select_related(|l| l.track().album())
            .prefetch_related(|l| l.track().album().tracks().order_by(|t| t.id()))
            .order_by(|l| l.id())
            .limit(4);
        let mut rows = Vec::new();
        for line in lines.all(db)? {
            let album = line.track.get(db)?.album.get(db)?.unwrap();
            rows.push((line.id, album.tracks.all(db)?.iter().take(3).map(|t| t.id).collect::<Vec<_>>()));
        }
        rows
    };
    // The values beside related rows are an annotated query of those rows.
    "r-pf-annotated-filter" => |db| {
        let albums = Album::objects().filter(|a| a.id().lt(6)).order_by(|a| a.id()).all(db)?;
        let sold = Track::objects()
            .filter(|t| t.album().in_(&albums) & t.invoice_lines().count().gt(1))
            .annotate(|t| t.invoice_lines().count())
            .order_by(|t| (t.invoice_lines().count().desc(), t.id()))
            .all(db)?;
        let of = |album: &Album| {
            let of = sold.iter().filter(|(t, _)| t.album.as_ref().map(|key| *key.key()) == Some(album.id));
            of.map(|(t, n)| (t.id, *n)).collect::<Vec<_>>()
        };
        albums.iter().map(|album| (album.id, of(album))).collect::<Vec<_>>()
    };
    "r-distinct-m2m-value" => |db| Playlist::objects()
        .filter(|p| p.id().in_([16, 17]))
        .values_list(|p| (p.name(), p.tracks().genre().name()))
        .distinct()
        .order_by(|p| (p.name(), p.tracks().genre().name().joined()))
        .all(db)?;
}
