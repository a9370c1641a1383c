//! New rows.

use super::caught;
use crate::canon::shape;
use crate::models::*;
use eager_orm::prelude::*;

/// A model that allows what its table does not.
mod loose {
    use eager_orm::prelude::*;

    #[derive(Model)]
    #[model(table = "Track")]
    pub struct Track {
        #[field(column = "TrackId")]
        pub id: i64,
        #[field(column = "Name")]
        pub name: Option<String>,
        #[field(column = "MediaTypeId")]
        pub media_type: i64,
        #[field(column = "Milliseconds")]
        pub milliseconds: i64,
        #[field(column = "UnitPrice")]
        pub unit_price: f64,
    }
}

cases! {
    "create-simple" => |db| {
        let artist = Artist::create().name("Nova").save(db)?;
        shape!(artist; id, name)
    };
    "create-explicit-pk" => |db| {
        let genre = Genre::create().id(100).name("Ambient").save(db)?;
        shape!(genre; id, name)
    };
    "create-nulls" => |db| {
        let track = Track::create().name("Silence").media_type(1).milliseconds(273_000).unit_price(0.99).save(db)?;
        let composer = Track::objects().find(db, track.id)?.composer;
        (track.id, track.album, track.genre, track.composer, track.bytes, composer)
    };
    "create-chain" => |db| {
        let artist = Artist::create().name("Chain").save(db)?;
        let album = Album::create().title("Links").artist(&artist).save(db)?;
        let track = |name| Track::create().name(name).album(&album);
        let one = track("One").media_type(1).genre(1).milliseconds(1).unit_price(0.99).save(db)?;
        let genre = one.genre.as_ref();
        let two = track("Two").media_type(2).genre(genre).milliseconds(2).unit_price(1.99).save(db)?;
        (artist.id, album.id, one.id, two.id, album.tracks.query().count(db)?)
    };
    "create-datetime" => |db| {
        let date = DateTime::constant(2026, 3, 4, 17, 5, 9, 0);
        let new = Invoice::create().customer(5).invoice_date(date).total(12.34).billing_country("Norway").save(db)?;
        let invoice = Invoice::objects().find(db, new.id)?;
        shape!(invoice; id, customer_id = invoice.customer, invoice_date, billing_address, billing_city, billing_state,
            billing_country, billing_postal_code, total)
    };
    "create-empty-string-vs-null" => |db| {
        let (empty, null) = (Artist::create().name("").save(db)?, Artist::create().name(None::<&str>).save(db)?);
        let empties = Artist::objects().filter(|a| a.name().eq("")).count(db)?;
        let nulls = Artist::objects().filter(|a| a.name().is_null()).count(db)?;
        (empty.id, null.id, empties, nulls)
    };

    "int-pk-dup" => |db| {
        let error = caught(Artist::create().id(1).name("dup").save(db).map(|artist| artist.id))?;
        (error, Artist::objects().count(db)?)
    };
    // A builder of `Track` has no way to say it: this is a model that knows less than its table.
    "int-not-null" => |db| {
        let new = loose::Track::create().name(None::<&str>).media_type(1).milliseconds(1).unit_price(1.0);
        let error = caught(new.save(db).map(|track| track.id))?;
        (error, Track::objects().count(db)?)
    };
    "int-unique-null-ok" => |db| {
        Genre::create().save(db)?;
        Genre::create().name(None::<&str>).save(db)?;
        Genre::objects().filter(|g| g.name().is_null()).count(db)?
    };
}
