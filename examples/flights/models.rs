//! The models: four tables, and the relations between them.
//!
//! Airlines, airports and planes have keys of their own, which are texts. A flight points at one airline and at two
//! airports, and at a plane if it is known. The other sides of those keys are `HasMany`; where an airport has two of
//! them, `via` says which key is meant.

use eager_orm::prelude::*;

#[derive(Model, Debug, Clone)]
pub struct Airline {
    #[field(primary_key)]
    pub carrier: String,
    pub name: String,
    pub flights: HasMany<Flight>,
}

#[derive(Model, Debug, Clone)]
pub struct Airport {
    #[field(primary_key)]
    pub faa: String,
    pub name: String,
    pub lat: Option<f64>,
    pub lon: Option<f64>,
    pub alt: Option<i32>,
    pub tz: Option<i32>,
    pub dst: Option<String>,
    pub tzone: Option<String>,
    /// False for an airport that a flight names and airports.csv does not have.
    #[field(default = true)]
    pub listed: bool,
    #[relation(via = "origin")]
    pub departures: HasMany<Flight>,
    #[relation(via = "dest")]
    pub arrivals: HasMany<Flight>,
}

#[derive(Model, Debug, Clone)]
pub struct Plane {
    #[field(primary_key)]
    pub tailnum: String,
    pub year: Option<i32>,
    /// `type` is a word of Rust's, so the field has another name than its column.
    #[field(column = "type")]
    pub kind: String,
    pub manufacturer: String,
    pub model: String,
    pub engines: i32,
    pub seats: i32,
    pub speed: Option<i32>,
    pub engine: String,
    pub flights: HasMany<Flight>,
}

/// Times of day are as the file has them: 517 is 5:17, local, and 2400 is the midnight at the end of the day.
#[derive(Model, Debug, Clone)]
#[model(index(fields = "date, sched_dep_time"))]
pub struct Flight {
    pub id: i64,
    pub date: Date,
    pub sched_dep_time: i32,
    /// NULL if the flight never left; so are the delays and `air_time` of a flight that never came.
    pub dep_time: Option<i32>,
    pub dep_delay: Option<i32>,
    pub sched_arr_time: i32,
    pub arr_time: Option<i32>,
    pub arr_delay: Option<i32>,
    pub airline: ForeignKey<Airline>,
    pub number: i32,
    /// The tail number as the file has it, also where `plane` is NULL because nobody knows that plane.
    pub tailnum: Option<String>,
    pub plane: Option<ForeignKey<Plane>>,
    pub origin: ForeignKey<Airport>,
    pub dest: ForeignKey<Airport>,
    pub air_time: Option<i32>,
    pub distance: i32,
    /// The scheduled hour, as a moment in time.
    pub time_hour: Timestamp,
}
