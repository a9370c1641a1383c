//! The same board without the library: a JOIN written by hand, and `rusqlite`.
//!
//! Every column goes into a plain struct, by its number, as the library does it; the text of the statement is prepared
//! once. What is written by hand here the library makes of the models.

use std::error::Error;
use std::path::Path;

use eager_orm::prelude::*;
use rusqlite::{Connection, Row};

use crate::board::Line;

pub struct RawAirline {
    carrier: String,
    name: String,
}

#[expect(dead_code, reason = "every column is loaded, the board shows some")]
pub struct RawAirport {
    faa: String,
    name: String,
    lat: Option<f64>,
    lon: Option<f64>,
    alt: Option<i32>,
    tz: Option<i32>,
    dst: Option<String>,
    tzone: Option<String>,
    listed: bool,
}

#[expect(dead_code, reason = "every column is loaded, the board shows some")]
pub struct RawPlane {
    tailnum: String,
    year: Option<i32>,
    kind: String,
    manufacturer: String,
    model: String,
    engines: i32,
    seats: i32,
    speed: Option<i32>,
    engine: String,
}

#[expect(dead_code, reason = "every column is loaded, the board shows some")]
pub struct RawFlight {
    id: i64,
    date: Date,
    sched_dep_time: i32,
    dep_time: Option<i32>,
    dep_delay: Option<i32>,
    sched_arr_time: i32,
    arr_time: Option<i32>,
    arr_delay: Option<i32>,
    number: i32,
    tailnum: Option<String>,
    air_time: Option<i32>,
    distance: i32,
    time_hour: Timestamp,
    airline: RawAirline,
    origin: RawAirport,
    dest: RawAirport,
    plane: Option<RawPlane>,
}

const SQL: &str = "
    SELECT flight.id, flight.date, flight.sched_dep_time, flight.dep_time, flight.dep_delay,
           flight.sched_arr_time, flight.arr_time, flight.arr_delay, flight.number, flight.tailnum,
           flight.air_time, flight.distance, flight.time_hour,
           airline.carrier, airline.name,
           origin.faa, origin.name, origin.lat, origin.lon, origin.alt, origin.tz, origin.dst, origin.tzone,
           origin.listed,
           dest.faa, dest.name, dest.lat, dest.lon, dest.alt, dest.tz, dest.dst, dest.tzone, dest.listed,
           plane.tailnum, plane.year, plane.type, plane.manufacturer, plane.model, plane.engines, plane.seats,
           plane.speed, plane.engine
    FROM flight
    JOIN airline ON airline.carrier = flight.airline_id
    JOIN airport AS origin ON origin.faa = flight.origin_id
    JOIN airport AS dest ON dest.faa = flight.dest_id
    LEFT JOIN plane ON plane.tailnum = flight.plane_id
    ORDER BY flight.id";

const AIRLINE: usize = 13;
const ORIGIN: usize = 15;
const DEST: usize = 24;
const PLANE: usize = 33;

/// A connection with the settings the library gives its own.
pub fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;")?;
    Ok(connection)
}

/// All flights with what they point at.
pub fn flights(connection: &Connection) -> Result<Vec<RawFlight>, Box<dyn Error>> {
    let mut statement = connection.prepare_cached(SQL)?;
    let mut rows = statement.query([])?;
    let mut flights = Vec::new();
    while let Some(row) = rows.next()? {
        flights.push(flight(row)?);
    }
    Ok(flights)
}

fn flight(row: &Row<'_>) -> Result<RawFlight, Box<dyn Error>> {
    Ok(RawFlight {
        id: row.get(0)?,
        date: row.get_ref(1)?.as_str()?.parse()?,
        sched_dep_time: row.get(2)?,
        dep_time: row.get(3)?,
        dep_delay: row.get(4)?,
        sched_arr_time: row.get(5)?,
        arr_time: row.get(6)?,
        arr_delay: row.get(7)?,
        number: row.get(8)?,
        tailnum: row.get(9)?,
        air_time: row.get(10)?,
        distance: row.get(11)?,
        time_hour: timestamp(row.get_ref(12)?.as_str()?)?,
        airline: RawAirline { carrier: row.get(AIRLINE)?, name: row.get(AIRLINE + 1)? },
        origin: airport(row, ORIGIN)?,
        dest: airport(row, DEST)?,
        plane: plane(row)?,
    })
}

/// A moment is stored in UTC and has no zone in its text.
fn timestamp(text: &str) -> Result<Timestamp, Box<dyn Error>> {
    const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    let utc: DateTime = text.parse()?;
    Ok(Timestamp::UNIX_EPOCH.checked_add(utc.duration_since(EPOCH))?)
}

fn airport(row: &Row<'_>, at: usize) -> rusqlite::Result<RawAirport> {
    Ok(RawAirport {
        faa: row.get(at)?,
        name: row.get(at + 1)?,
        lat: row.get(at + 2)?,
        lon: row.get(at + 3)?,
        alt: row.get(at + 4)?,
        tz: row.get(at + 5)?,
        dst: row.get(at + 6)?,
        tzone: row.get(at + 7)?,
        listed: row.get(at + 8)?,
    })
}

/// The LEFT JOIN gives NULLs where there is no plane.
fn plane(row: &Row<'_>) -> rusqlite::Result<Option<RawPlane>> {
    let Some(tailnum) = row.get(PLANE)? else { return Ok(None) };
    Ok(Some(RawPlane {
        tailnum,
        year: row.get(PLANE + 1)?,
        kind: row.get(PLANE + 2)?,
        manufacturer: row.get(PLANE + 3)?,
        model: row.get(PLANE + 4)?,
        engines: row.get(PLANE + 5)?,
        seats: row.get(PLANE + 6)?,
        speed: row.get(PLANE + 7)?,
        engine: row.get(PLANE + 8)?,
    }))
}

impl RawFlight {
    /// The line of a flight.
    pub fn line(&self) -> Line<'_> {
        Line {
            date: self.date,
            sched_dep_time: self.sched_dep_time,
            dep_delay: self.dep_delay,
            carrier: &self.airline.carrier,
            number: self.number,
            airline: &self.airline.name,
            origin: &self.origin.name,
            dest: &self.dest.name,
            plane: self.plane.as_ref().map(|plane| (&*plane.manufacturer, &*plane.model)),
        }
    }
}
