//! Expressions: functions, `case`, subqueries.

use crate::canon::rows;
use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "expr-length" => |db| Track::objects()
        .filter(|t| t.name().length().ge(90))
        .order_by(|t| (t.name().length().desc(), t.id()))
        .values_list(|t| (t.id(), t.name().length()))
        .all(db)?;
    "expr-lower-upper" => |db| {
        let customers = Customer::objects()
            .filter(|c| c.id().in_([1, 4, 5]))
            .order_by(|c| c.id())
            .values_list(|c| (c.last_name().lower(), c.first_name().upper()));
        rows!(customers.all(db)?, (lo, up) => lo, up)
    };
    "expr-coalesce" => |db| Customer::objects()
        .filter(|c| c.id().le(6))
        .order_by(|c| c.id())
        .values_list(|c| (c.id(), c.company().coalesce(c.state()).coalesce("none")))
        .all(db)?;
    "expr-concat" => |db| Customer::objects()
        .filter(|c| c.country().eq("Brazil"))
        .order_by(|c| c.id())
        .values_list(|c| concat((c.first_name(), " ", c.last_name(), " / ", c.company())))
        .all(db)?;
    "expr-replace-trim" => |db| Genre::objects()
        .filter(|g| g.name().contains("&"))
        .order_by(|g| g.id())
        .values_list(|g| (g.name().replace(" & ", "-and-"), concat(("  ", g.name(), " ")).trim()))
        .all(db)?;
    "expr-greatest-null" => |db| Employee::objects()
        .order_by(|e| e.id())
        .values_list(|e| (e.id(), e.id().greatest(e.reports_to().key())))
        .all(db)?;
    "expr-f-alias-related" => |db| {
        let tracks = Track::objects()
            .filter(|t| t.id().in_([1, 15, 3000]))
            .annotate(|t| (t.album().artist().name(), t.genre().name()))
            .order_by(|t| t.id());
        rows!(tracks.all(db)?, (t, (artist_name, g)) => id = t.id, artist_name, g)
    };
    "expr-comparison-as-bool" => |db| Invoice::objects()
        .filter(|i| i.id().le(4))
        .order_by(|i| i.id())
        .values_list(|i| (i.id(), i.total().gt(5)))
        .all(db)?;

    "case-simple" => |db| MediaType::objects()
        .order_by(|m| m.id())
        .values_list(|m| {
            let kind = case().when(m.name().contains("video"), "video").when(m.name().contains("AAC"), "aac");
            (m.id(), kind.otherwise("other"))
        })
        .all(db)?;
    "case-with-f" => |db| Invoice::objects()
        .filter(|i| i.id().le(6))
        .order_by(|i| i.id())
        .values_list(|i| {
            (i.id(), case().when(i.billing_country().eq("Germany"), i.total() * 0.5).otherwise(i.total()))
        })
        .all(db)?;
    "case-conditional-sum" => |db| Employee::objects()
        .filter(|e| e.title().eq("Sales Support Agent"))
        .order_by(|e| e.id())
        .values_list(|e| {
            let invoices = e.customers().invoices();
            (e.last_name(), invoices.count().filter(invoices.total().ge(10)), invoices.count())
        })
        .all(db)?;
    "case-nested" => |db| {
        let x = |g: &Fields<Genre>| {
            let inner = case().when(g.id().eq(1), 10).otherwise(20);
            case().when(g.id().lt(3), inner).otherwise(30)
        };
        Genre::objects()
            .filter(|g| g.id().le(5))
            .order_by(|g| (x(&g).desc(), g.id()))
            .values_list(|g| (g.id(), x(&g)))
            .all(db)?
    };

    "sub-latest-invoice" => |db| {
        let last = |c: &Fields<Customer>| {
            let customer = outer(c.id());
            Invoice::objects()
                .filter(|i| i.customer().eq(customer))
                .order_by(|i| (i.invoice_date().desc(), i.id().desc()))
        };
        let customers = Customer::objects()
            .filter(|c| c.country().eq("France"))
            .annotate(|c| {
                (subquery(last(&c).values_list(|i| i.id())), subquery(last(&c).values_list(|i| i.total())))
            })
            .order_by(|c| c.id());
        rows!(customers.all(db)?, (c, (last_id, last_total)) => id = c.id, last_id, last_total)
    };
    "sub-filter-compare" => |db| Track::objects()
        .filter(|t| t.genre().in_([15, 6]))
        .filter(|t| t.milliseconds().cast::<f64>().gt(t.genre().tracks().milliseconds().avg() * 2))
        .order_by(|t| t.id())
        .values_list(|t| (t.id(), t.milliseconds()))
        .all(db)?;
    "sub-exists-filter" => |db| Artist::objects()
        .filter(|a| {
            let jazz = Track::objects()
                .filter(|t| t.album().artist().eq(outer(a.id())) & t.genre().name().eq("Jazz"));
            exists(jazz)
        })
        .order_by(|a| a.id())
        .values_list(|a| (a.id(), a.name()))
        .all(db)?;
    "sub-exists-annotate" => |db| {
        let genres = Genre::objects()
            .filter(|g| g.id().in_([1, 18, 25]))
            .annotate(|g| {
                let dear = InvoiceLine::objects()
                    .filter(|l| l.track().genre().eq(outer(g.id())) & l.unit_price().gt(1));
                exists(dear)
            })
            .order_by(|g| g.id());
        rows!(genres.all(db)?, (g, sold) => name = g.name, sold)
    };
    "sub-case-exists" => |db| Employee::objects()
        .order_by(|e| e.id())
        .values_list(|e| {
            let boss = Employee::objects()
                .filter(|b| b.id().eq(outer(e.reports_to().key())) & b.city().eq("Calgary"));
            (e.last_name(), case().when(exists(boss), "calgary boss").otherwise("-"))
        })
        .all(db)?;
    "sub-outer-arith" => |db| Invoice::objects()
        .filter(|i| {
            let later = Invoice::objects().filter(|later| {
                later.customer().eq(outer(i.customer().key()))
                    & later.id().gt(outer(i.id()))
                    & later.total().gt(outer(i.total() * 15))
            });
            exists(later)
        })
        .order_by(|i| i.id())
        .values_list(|i| (i.id(), i.total()))
        .all(db)?;
}
