//! Lookups and conditions: expressions in lists and ranges, NULLs, `!` and `^` over to-many relations.

use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "lk-in-f-values" => |db| Employee::objects()
        .filter(|e| {
            let boss = || e.reports_to().key();
            e.id().in_([boss() + 1, boss() + 2])
        })
        .order_by(|e| e.id())
        .values_list(|e| (e.id(), e.reports_to()))
        .all(db)?;
    "lk-range-f" => |db| Invoice::objects()
        .filter(|i| i.id().between(i.customer().key(), i.customer().key() + 3))
        .order_by(|i| i.id())
        .values_list(|i| (i.id(), i.customer()))
        .all(db)?;
    "lk-not-in-nulls" => |db| Customer::objects().exclude(|c| c.state().in_(["CA", "SP"])).count(db)?;
    "lk-in-sliced-subquery" => |db| {
        let longest = Track::objects().order_by(|t| (t.milliseconds().desc(), t.id())).limit(5).values_list(|t| t.id());
        Track::objects().filter(|t| t.id().in_(longest)).order_by(|t| t.id()).values_list(|t| t.id()).all(db)?
    };
    "lk-in-annotated-subquery" => |db| {
        let many = Album::objects()
            .values_list(|a| a.artist())
            .annotate(|a| a.id().count())
            .filter(|a| a.id().count().gt(9))
            .values_list(|a| a.artist());
        Artist::objects().filter(|a| a.id().in_(many)).order_by(|a| a.id()).values_list(|a| a.name()).all(db)?
    };
    "lk-date-range" => |db| Invoice::objects()
        .filter(|i| i.invoice_date().date().between(Date::constant(2022, 2, 1), Date::constant(2022, 2, 20)))
        .order_by(|i| i.id())
        .values_list(|i| i.id())
        .all(db)?;
    "lk-year-range" => |db| Invoice::objects().filter(|i| i.invoice_date().year().between(2022, 2024)).count(db)?;
    "lk-quarter-f" => |db| Invoice::objects()
        .filter(|i| i.invoice_date().quarter().eq(i.invoice_date().month()))
        .order_by(|i| i.id())
        .limit(10)
        .values_list(|i| i.id())
        .all(db)?;
    "lk-fk-chain-isnull" => |db| Employee::objects()
        .filter(|e| e.reports_to().reports_to().is_null())
        .order_by(|e| e.id())
        .values_list(|e| e.id())
        .all(db)?;
    "lk-icontains-f-related" => |db| Track::objects()
        .filter(|t| t.name().icontains(t.album().artist().name()))
        .order_by(|t| t.id())
        .limit(20)
        .values_list(|t| t.id())
        .all(db)?;
    "lk-birth-year-null-exclude" => |db| Employee::objects().exclude(|e| e.birth_date().year().eq(1962)).count(db)?;
    "q-xor-three" => |db| Customer::objects()
        .filter(|c| c.country().eq("USA") ^ c.support_rep().eq(3) ^ c.state().is_null())
        .count(db)?;
    "q-not-or-tomany" => |db| Artist::objects()
        .filter(|a| !(a.albums().title().contains("Live") | a.name().starts_with("A")))
        .order_by(|a| a.id())
        .limit(15)
        .values_list(|a| a.id())
        .all(db)?;
    "q-xor-tomany" => |db| Artist::objects()
        .filter(|a| a.albums().title().icontains("live") ^ a.name().starts_with("A"))
        .count(db)?;
    "q-xor-nulls" => |db| Track::objects()
        .filter(|t| t.composer().istarts_with("A") ^ t.bytes().lt(3_000_000))
        .count(db)?;
    "q-double-not-tomany" => |db| Album::objects().filter(|a| !!a.tracks().genre().name().eq("Jazz")).count(db)?;
    "q-exclude-tomany-null" => |db| Album::objects().exclude(|a| a.tracks().composer().is_null()).count(db)?;
    "q-tomany-isnull-true" => |db| Album::objects().filter(|a| a.tracks().composer().is_null()).count(db)?;
    "q-exclude-m2m-chain" => |db| Track::objects()
        .exclude(|t| t.playlists().tracks().album().artist().name().eq("AC/DC"))
        .count(db)?;
    "q-exclude-two-calls" => |db| Artist::objects()
        .exclude(|a| a.albums().title().contains("Live"))
        .exclude(|a| a.albums().tracks().genre().eq(1))
        .count(db)?;
    "q-negated-f-null" => |db| Customer::objects().exclude(|c| c.state().eq(c.support_rep().state())).count(db)?;
    "q-fk-of-null-negated" => |db| Employee::objects()
        .filter(|e| !e.reports_to().reports_to().last_name().eq("Adams"))
        .order_by(|e| e.id())
        .values_list(|e| e.id())
        .all(db)?;
    "q-tomany-any-all" => |db| Album::objects()
        .filter(|a| a.tracks().exists())
        .exclude(|a| a.tracks().in_(Track::objects().filter(|t| t.composer().is_null())))
        .count(db)?;
    "q-sub-or-tomany" => |db| Customer::objects()
        .filter(|c| {
            c.invoices().total().gt(20)
                | (c.support_rep().reports_to().city().eq("Edmonton") & c.country().eq("Brazil"))
        })
        .count(db)?;
}
