//! Writes by a relation's own queryset.

use crate::models::*;
use eager_orm::prelude::*;

cases! {
    "rm-add-no-bulk" => |db| {
        let mut artist = Artist::objects().find(db, 25)?;
        for title in ["n1", "n2"] {
            artist.albums.create(db, Album::create().title(title))?;
        }
        artist.albums.query().order_by(|a| a.id()).values_list(|a| (a.id(), a.title())).all(db)?
    };
    "rm-update-through-manager" => |db| {
        let customer = Customer::objects().find(db, 8)?;
        let small = customer.invoices.query().filter(|i| i.total().lt(5.0));
        small.update(db, |i| i.billing_city().set("BXL"))?
    };
}
