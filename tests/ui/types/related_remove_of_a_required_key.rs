//~ `Flight` has no foreign key that can be NULL, so its rows always point at some row
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn remove(db: &Database, airport: &mut Airport, flight: &Flight) -> eager_orm::Result<u64> {
    airport.departures.remove(db, [flight])
}

fn main() {}
