//! Windows, subqueries at any depth, unions, functions.

use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "w-first-last" => |db| Invoice::objects()
        .filter(|i| i.customer().in_([1, 2]))
        .order_by(|i| i.id())
        .values_list(|i| {
            let all = || window().partition_by(i.customer()).order_by(i.id());
            (i.id(), i.total().first_value().over(all()), i.total().last_value().over(all().rows(..)))
        })
        .all(db)?;
    "w-filter-or" => |db| {
        let place = |g: &Fields<Genre>| row_number().over(window().order_by(g.name()));
        Genre::objects()
            .filter(|g| place(&g).le(2) | g.name().eq("Rock"))
            .order_by(|g| g.name())
            .values_list(|g| (g.name(), place(&g)))
            .all(db)?
    };
    "w-over-group" => |db| {
        let place = |i: &Fields<Invoice>| rank().over(window().order_by(i.total().sum().desc()));
        Invoice::objects()
            .values_list(|i| i.billing_country())
            .annotate(|i| i.total().sum())
            .values_list(|i| (i.billing_country(), i.total().sum(), place(&i)))
            .order_by(|i| (place(&i), i.billing_country()))
            .limit(5)
            .all(db)?
    };
    "w-share" => |db| Invoice::objects()
        .filter(|i| i.customer().eq(5))
        .order_by(|i| i.id())
        .values_list(|i| (i.id(), i.total() * 100 / i.total().sum().over(window())))
        .all(db)?;
    "w-rank-of-year" => |db| {
        let place = |i: &Fields<Invoice>| {
            rank().over(window().partition_by(i.invoice_date().year()).order_by(i.total().desc()))
        };
        Invoice::objects()
            .filter(|i| place(&i).eq(1))
            .order_by(|i| i.id())
            .values_list(|i| (i.id(), place(&i)))
            .all(db)?
    };
    "w-filtered-agg" => |db| Genre::objects()
        .filter(|g| g.id().lt(6))
        .order_by(|g| g.id())
        .values_list(|g| (g.id(), g.id().count().filter(g.name().contains("o")).over(window().order_by(g.id()))))
        .all(db)?;
    "s-outer-outer" => |db| Artist::objects()
        .filter(|a| {
            exists(Album::objects().filter(|l| l.artist().eq(outer(a.id()))).filter(|l| {
                exists(Track::objects().filter(|t| {
                    t.album().eq(outer(l.id())) & t.composer().eq(outer(a.name()))
                }))
            }))
        })
        .order_by(|a| a.id())
        .limit(20)
        .values_list(|a| a.id())
        .all(db)?;
    "s-outer-outer-same-model" => |db| Employee::objects()
        .filter(|boss| {
            exists(Employee::objects().filter(|e| e.reports_to().eq(outer(boss.id()))).filter(|e| {
                exists(Employee::objects().filter(|f| {
                    f.reports_to().eq(outer(e.id())) & f.city().eq(outer(boss.city()))
                }))
            }))
        })
        .values_list(|e| e.id())
        .all(db)?;
    "s-second" => |db| Artist::objects()
        .filter(|a| a.id().lt(6))
        .order_by(|a| a.id())
        .values_list(|a| {
            let albums = Album::objects().filter(|l| l.artist().eq(outer(a.id()))).order_by(|l| l.id()).slice(1..2);
            (a.id(), subquery(albums.values_list(|l| l.title())))
        })
        .all(db)?;
    "s-same-model" => |db| Track::objects()
        .filter(|t| t.album().eq(1))
        .order_by(|t| t.id())
        .values_list(|t| {
            let longer = Track::objects()
                .filter(|o| {
                    o.album().eq(outer(t.album().key())) & o.milliseconds().gt(outer(t.milliseconds()))
                })
                .values_list(|o| o.album())
                .annotate(|o| o.id().count())
                .values_list(|o| o.id().count());
            (t.id(), subquery(longer))
        })
        .all(db)?;
    "s-outer-expr" => |db| Invoice::objects()
        .filter(|i| {
            exists(Invoice::objects().filter(|o| {
                o.customer().eq(outer(i.customer().key()))
                    & o.total().gt(outer(i.total() * 10))
                    & o.invoice_date().year().eq(outer(i.invoice_date().year()))
            }))
        })
        .order_by(|i| i.id())
        .limit(10)
        .values_list(|i| i.id())
        .all(db)?;
    "u-nested" => |db| {
        let genre = |id: i64| Genre::objects().filter(|g| g.id().eq(id)).values_list(|g| g.id());
        Genre::objects()
            .filter(|g| g.id().lt(5))
            .values_list(|g| g.id())
            .difference(genre(2).union(genre(3)))
            .order_by(|g| g.id())
            .all(db)?
    };
    "u-and-or" => |db| {
        let of = |genre: i64| Track::objects().filter(|t| t.genre().eq(genre));
        ((of(1) | of(2)) & Track::objects().filter(|t| t.milliseconds().gt(500_000))).count(db)?
    };
    "u-constants" => |db| Artist::objects()
        .filter(|a| a.id().eq(1))
        .values_list(|a| (a.name(), value("artist")))
        .union(Genre::objects().filter(|g| g.id().eq(1)).values_list(|g| (g.name(), value("genre"))))
        .order_by(|_| value("artist"))
        .all(db)?;
    "u-diff-inter" => |db| {
        let album = Track::objects().filter(|t| t.genre().eq(1)).values_list(|t| t.album());
        let short = Track::objects().filter(|t| t.milliseconds().lt(400_000)).values_list(|t| t.album());
        let rows = album.difference(short).order_by(|t| t.album()).all(db)?;
        rows.into_iter().map(|id| (id,)).collect::<Vec<_>>()
    };
    "f-bit" => |db| Genre::objects()
        .filter(|g| g.id().lt(8))
        .order_by(|g| g.id())
        .values_list(|g| {
            let id = g.id();
            (id.clone(), id.bit_and(5), id.bit_or(8), id.bit_xor(3), id.shift_left(2), id.shift_right(1))
        })
        .all(db)?;
    "f-case-q" => |db| Customer::objects()
        .filter(|c| c.id().lt(8))
        .order_by(|c| c.id())
        .values_list(|c| {
            let america = c.country().eq("USA") | c.country().eq("Canada");
            let kind = case().when(america, "na").when(!c.company().is_null(), c.company());
            (c.id(), kind.otherwise(c.country().lower()))
        })
        .all(db)?;
    "f-null-arith" => |db| Employee::objects()
        .order_by(|e| e.id())
        .values_list(|e| (e.id(), e.reports_to().key() * 10 + e.id()))
        .all(db)?;
    "f-int-div-neg" => |db| Genre::objects()
        .filter(|g| g.id().lt(5))
        .order_by(|g| g.id())
        .values_list(|g| (g.id(), (g.id() - 3) / 2, (g.id() - 3) % 2))
        .all(db)?;
}
