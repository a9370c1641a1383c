//! Patterns, dates and their periods, functions, rows behind a to-many relation.

use crate::canon::{rows, shapes};
use crate::models::*;
use eager_orm::prelude::*;
use eager_orm::{DateUnit, value};

cases! {
    "lookup-regex" => |db| Track::objects()
        .filter(|t| t.name().regex("^[0-9]+$"))
        .order_by(|t| t.id())
        .values_list(|t| (t.id(), t.name()))
        .all(db)?;
    "lookup-iregex" => |db| Artist::objects()
        .filter(|a| a.name().iregex("^the .*s$"))
        .order_by(|a| a.id())
        .values_list(|a| a.name())
        .all(db)?;
    "lookup-regex-exclude-null" => |db| Customer::objects()
        .exclude(|c| c.phone().regex(r"^\+1"))
        .filter(|c| c.country().in_(["USA", "Canada", "Brazil"]))
        .order_by(|c| c.id())
        .values_list(|c| (c.id(), c.phone()))
        .all(db)?;

    "date-weekday" => |db| Invoice::objects().filter(|i| i.invoice_date().week_day().eq(1)).count(db)?;
    "date-iso-weekday" => |db| Invoice::objects()
        .filter(|i| i.invoice_date().iso_week_day().in_([6, 7]) & i.invoice_date().year().eq(2022))
        .order_by(|i| i.id())
        .values_list(|i| (i.id(), i.invoice_date()))
        .all(db)?;
    "date-quarter" => |db| Invoice::objects()
        .filter(|i| i.invoice_date().quarter().eq(4))
        .exclude(|i| i.billing_country().eq("USA"))
        .count(db)?;
    "date-week" => |db| Invoice::objects()
        .filter(|i| i.invoice_date().week().eq(53))
        .order_by(|i| i.id())
        .values_list(|i| (i.id(), i.invoice_date()))
        .all(db)?;
    "date-iso-year" => |db| Invoice::objects()
        .filter(|i| i.invoice_date().iso_year().eq(2021))
        .order_by(|i| i.id())
        .limit(3)
        .values_list(|i| i.id())
        .all(db)?;
    "date-exact-date" => |db| {
        let day = Date::constant(2025, 8, 7);
        let invoices = Invoice::objects().filter(|i| i.invoice_date().date().eq(day)).order_by(|i| i.id());
        shapes!(invoices.all(db)?, i; id, customer_id = i.customer, invoice_date)
    };

    "dates-year" => |db| Invoice::objects().dates(|i| i.invoice_date(), DateUnit::Year).all(db)?;
    "dates-week" => |db| Invoice::objects()
        .filter(|i| i.customer().eq(20))
        .dates(|i| i.invoice_date(), DateUnit::Week)
        .all(db)?;
    "datetimes-month" => |db| Employee::objects().datetimes(|e| e.hire_date(), DateUnit::Month).all(db)?;
    // The dates of related rows are a query of those rows.
    "dates-related" => |db| Invoice::objects()
        .filter(|i| i.customer().country().eq("USA"))
        .dates(|i| i.invoice_date(), DateUnit::Year)
        .reverse()
        .all(db)?;

    "expr-substr" => |db| Album::objects()
        .filter(|a| a.id().le(5))
        .order_by(|a| a.id())
        .values_list(|a| (a.title().substr(1, 4), a.title().substr_from(5)))
        .all(db)?;
    "expr-left-right" => |db| Employee::objects()
        .order_by(|e| e.id())
        .values_list(|e| (e.first_name().left(2), e.last_name().right(3)))
        .all(db)?;
    "expr-abs-mod" => |db| {
        let x = |a: &Fields<Artist>| (a.id() - 3).abs();
        Artist::objects()
            .filter(|a| a.id().le(5))
            .order_by(|a| (x(&a), a.id()))
            .values_list(|a| (a.id(), x(&a), a.id() % 2))
            .all(db)?
    };
    "expr-extract" => |db| Invoice::objects()
        .filter(|i| i.id().in_([1, 100, 200, 300]))
        .order_by(|i| i.id())
        .values_list(|i| {
            let day = i.invoice_date();
            (i.id(), day.year(), day.month(), day.day(), day.quarter(), day.week_day(), day.week())
        })
        .all(db)?;
    "expr-value-constant" => |db| {
        let genres = Genre::objects()
            .filter(|g| g.id().le(2))
            .annotate(|_| (value("genre"), value(1_i64), value(None::<i64>)))
            .order_by(|g| g.id());
        rows!(genres.all(db)?, (g, (kind, one, nothing)) => id = g.id, kind, one, nothing)
    };
    "expr-pad-repeat" => |db| MediaType::objects()
        .filter(|m| m.id().le(2))
        .order_by(|m| m.id())
        .values_list(|m| (m.id().cast::<String>().lpad(4, "0"), value("ab").repeat(m.id()), m.name().reverse()))
        .all(db)?;

    "values-reverse-fk" => |db| Artist::objects()
        .filter(|a| a.id().in_([1, 25, 26]))
        .order_by(|a| (a.id(), a.albums().id().joined()))
        .values(|a| (a.name(), a.albums().title()))
        .all(db)?;
}
