//! Conditions: `&`, `|`, `^`, `!`, fields against fields, and related rows of any number.

use crate::canon::{named, shapes};
use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "q-and-or-not" => |db| {
        let tracks = Track::objects()
            .filter(|t| {
                (t.genre().name().eq("Metal") | t.genre().name().eq("Rock"))
                    & !t.composer().is_null()
                    & t.milliseconds().gt(600_000)
            })
            .order_by(|t| t.id());
        shapes!(tracks.all(db)?, t; id, name, composer)
    };
    "q-not-nullable" => |db| {
        let customers =
            Customer::objects().filter(|c| !c.state().eq("SP") & c.support_rep().eq(4)).order_by(|c| c.id());
        shapes!(customers.all(db)?, c; id, state)
    };
    "q-empty" => |db| {
        let types = MediaType::objects()
            .filter_if(None, |m, id: i64| m.id().eq(id))
            .filter(|m| m.id().lt(3))
            .order_by(|m| m.id());
        shapes!(types.all(db)?, m; id)
    };
    "q-connector-or" => |db| Album::objects()
        .filter(|a| {
            a.title().starts_with("Z")
                & (!a.artist().name().eq("x") | a.id().eq(1))
                & (a.id().gt(50) | a.id().lt(30))
        })
        .order_by(|a| a.id())
        .values_list(|a| (a.id(), a.title()))
        .all(db)?;
    "q-nested-negation" => |db| Invoice::objects()
        .filter(|i| !(i.billing_country().eq("USA") | !i.total().gt(10)))
        .order_by(|i| i.id())
        .values_list(|i| i.id())
        .all(db)?;
    "q-or-null-fk" => |db| Employee::objects()
        .filter(|e| e.reports_to().first_name().eq("Andrew") | e.first_name().eq("Andrew"))
        .order_by(|e| e.id())
        .values_list(|e| (e.id(), e.first_name()))
        .all(db)?;
    "q-exclude-q" => |db| Invoice::objects()
        .exclude(|i| i.total().lt(8) | i.billing_state().is_null())
        .order_by(|i| i.id())
        .values_list(|i| (i.id(), i.billing_state(), i.total()))
        .all(db)?;
    "q-exclude-fk-null" => |db| Employee::objects()
        .exclude(|e| e.reports_to().title().eq("General Manager") | e.city().eq("Lethbridge"))
        .order_by(|e| e.id())
        .values_list(|e| e.id())
        .all(db)?;
    "q-conditional-lookup-object" => |db| Track::objects()
        .filter(|t| t.bytes().gt(t.milliseconds() * 90))
        .order_by(|t| t.id())
        .values_list(|t| t.id())
        .all(db)?;

    "f-eq-related" => |db| InvoiceLine::objects()
        .filter(|l| l.unit_price().eq(l.track().unit_price()) & l.unit_price().gt(1))
        .count(db)?;
    "f-same-name-as-album" => |db| Track::objects()
        .filter(|t| t.name().eq(t.album().title()))
        .order_by(|t| t.id())
        .values_list(|t| (t.id(), t.name()))
        .all(db)?;
    "f-int-division" => |db| Track::objects()
        .filter(|t| t.id().le(6))
        .order_by(|t| t.id())
        .values_list(|t| (t.id(), t.milliseconds() / 1000))
        .all(db)?;
    "f-startswith-f" => |db| Track::objects()
        .filter(|t| t.name().istarts_with(t.album().title()) & t.genre().name().eq("Metal"))
        .order_by(|t| t.id())
        .values_list(|t| (t.name(), t.album().title()))
        .all(db)?;
    "f-two-relations" => |db| {
        let customers =
            Customer::objects().filter(|c| c.state().eq(c.support_rep().reports_to().state())).order_by(|c| c.id());
        shapes!(customers.all(db)?, c; id, city, state)
    };
    // A row for each invoice is a query of invoices.
    "f-reverse-join" => |db| Invoice::objects()
        .filter(|i| i.billing_city().eq(i.customer().city()) & i.total().gt(15))
        .order_by(|i| i.id())
        .values_list(|i| (i.customer(), i.id(), i.total()))
        .all(db)?;
    "f-nested-arith" => |db| {
        let t = |i: &Fields<Invoice>| (i.total() * 100 + i.id().cast::<f64>()) / 2;
        Invoice::objects()
            .filter(|i| i.id().in_([1, 5, 88]))
            .order_by(|i| t(&i))
            .values_list(|i| (i.id(), t(&i)))
            .all(db)?
    };
    "f-on-left-expression" => |db| {
        let age = |e: &Fields<Employee>| e.hire_date().year() - e.birth_date().year();
        Employee::objects()
            .filter(|e| age(&e).ge(40))
            .order_by(|e| e.id())
            .values_list(|e| (e.last_name(), age(&e)))
            .all(db)?
    };
    "f-transform-ref" => |db| Invoice::objects()
        .filter(|i| i.invoice_date().month().eq(i.invoice_date().day()))
        .order_by(|i| i.id())
        .values_list(|i| (i.id(), i.invoice_date()))
        .all(db)?;

    "mv-single-filter" => |db| Customer::objects()
        .filter(|c| c.invoices().total().gt(13) & c.invoices().invoice_date().year().eq(2024))
        .order_by(|c| c.id())
        .values_list(|c| c.id())
        .all(db)?;
    "mv-chained-filter" => |db| Customer::objects()
        .filter(|c| c.invoices().total().gt(13))
        .filter(|c| c.invoices().invoice_date().year().eq(2024) & c.invoices().total().lt(1))
        .order_by(|c| c.id())
        .values_list(|c| c.id())
        .all(db)?;
    "mv-chained-dups" => |db| {
        let one = Artist::objects().filter(|a| a.albums().title().icontains("a") & a.albums().id().gt(100));
        let two =
            Artist::objects().filter(|a| a.albums().title().icontains("a")).filter(|a| a.albums().id().gt(100));
        named!(one = one.count(db)?, two = two.count(db)?)
    };
    "mv-m2m-impossible" => |db| Track::objects()
        .filter(|t| t.playlists().name().eq("Grunge") & t.playlists().name().eq("90’s Music"))
        .count(db)?;
    "mv-exclude-m2m" => |db| Track::objects()
        .exclude(|t| t.playlists().name().in_(["90’s Music", "TV Shows"]))
        .filter(|t| t.album().artist().name().in_(["U2", "Lost", "Iron Maiden"]))
        .order_by(|t| t.id())
        .values_list(|t| t.id())
        .all(db)?;
    "mv-exclude-nested" => |db| Artist::objects()
        .exclude(|a| a.albums().tracks().genre().name().eq("Rock"))
        .filter(|a| a.albums().tracks().genre().name().eq("Metal"))
        .order_by(|a| a.id())
        .values_list(|a| a.name())
        .all(db)?;
    "mv-or-two-relations" => |db| Album::objects()
        .filter(|a| a.tracks().genre().name().eq("World") | a.artist().name().starts_with("Z"))
        .order_by(|a| a.id())
        .values_list(|a| (a.id(), a.title()))
        .all(db)?;
    "mv-exclude-f" => |db| Album::objects()
        .exclude(|a| a.tracks().name().eq(a.title()))
        .filter(|a| a.artist().name().in_(["Iron Maiden", "Black Sabbath", "Metallica"]))
        .order_by(|a| a.id())
        .values_list(|a| (a.id(), a.title()))
        .all(db)?;
}
