//! Programs of several steps.

use super::{Stop, caught};
use crate::models::*;
use eager_orm::prelude::*;

/// Sells tracks to a customer: the invoice, its total and how many lines it has.
fn checkout(db: &Database, customer: i64, tracks: &[i64]) -> Result<(i64, f64, u64), Stop> {
    db.try_transaction(|tx| {
        let customer = Customer::objects().find(tx, customer)?;
        let country = customer.country.clone();
        let new = Invoice::create().customer(&customer).invoice_date(DateTime::constant(2026, 2, 3, 10, 0, 0, 0));
        let mut invoice = new.billing_country(country).total(0.0).save(tx)?;
        let found = Track::objects().filter(|t| t.id().in_(tracks)).order_by(|t| t.id()).all(tx)?;
        if found.len() != tracks.len() {
            return Err(Stop::Boom);
        }
        let line = |track: &Track| {
            InvoiceLine::create().invoice(&invoice).track(track).unit_price(track.unit_price).quantity(1)
        };
        InvoiceLine::objects().bulk_create(found.iter().map(line)).run(tx)?;
        let total: f64 = found.iter().map(|track| track.unit_price).sum();
        invoice.total = (total * 100.0).round() / 100.0;
        invoice.save_fields(tx, |i| i.total())?;
        Ok((invoice.id, invoice.total, invoice.lines.query().count(tx)?))
    })
}

cases! {
    "wf-order-checkout" => |db| {
        let (first, second) = (caught(checkout(db, 7, &[1, 2, 2820]))?, caught(checkout(db, 8, &[1, 424_242]))?);
        (first, second, Invoice::objects().count(db)?, InvoiceLine::objects().count(db)?)
    };
    "wf-merge-artists" => |db| {
        let (moved, gone, target) = db.transaction(|tx| {
            let named = |name: &str| Artist::objects().filter(|a| a.name().eq(name)).get(tx);
            let (source, target) = (named("Black Sabbath")?, named("Ozzy Osbourne")?);
            let moved = source.albums.query().update(tx, |a| a.artist().set(&target))?;
            Ok((moved, source.delete(tx)?, target))
        })?;
        (moved, gone, target.albums.query().count(db)?)
    };
    "wf-reassign-rep" => |db| {
        let old = Employee::objects().filter(|e| e.last_name().eq("Park")).get(db)?;
        let heirs = Employee::objects().filter(|e| e.title().eq(old.title.as_deref()) & e.id().ne(old.id));
        let heirs = heirs.order_by(|e| e.id()).all(db)?;
        let (moved, gone) = db.transaction(|tx| {
            let mut customers = old.customers.query().order_by(|c| c.id()).all(tx)?;
            for (customer, heir) in customers.iter_mut().zip(heirs.iter().cycle()) {
                customer.support_rep = Some(heir.into());
            }
            let moved = Customer::objects().bulk_update(tx, &customers, |c| c.support_rep())?;
            Ok((moved, old.delete(tx)?))
        })?;
        let reps = Employee::objects().filter(|e| e.customers().exists()).order_by(|e| e.id());
        (moved, gone, reps.values_list(|e| (e.last_name(), e.customers().count())).all(db)?)
    };
    "wf-import-upsert" => |db| {
        let rows = [(1, "Rock"), (2, "Jazz & Blues"), (30, "Folk"), (31, "Ska")];
        let mut existing = Genre::objects().in_bulk(db, rows.map(|(id, _)| id))?;
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for (id, name) in rows {
            match existing.remove(&id) {
                None => new.push(Genre::create().id(id).name(name)),
                Some(mut genre) if genre.name.as_deref() != Some(name) => {
                    genre.name = Some(name.into());
                    changed.push(genre);
                }
                Some(_) => {}
            }
        }
        let created = Genre::objects().bulk_create(new).run(db)?;
        let updated = Genre::objects().bulk_update(db, &changed, |g| g.name())?;
        (created.len(), updated, Genre::objects().count(db)?)
    };
}
