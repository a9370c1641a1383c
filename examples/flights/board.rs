//! The departures board, and the table of delays.

use std::fmt;

use eager_orm::prelude::*;

use crate::models::{Airline, Flight};

/// One line of the board, whoever loaded it.
pub struct Line<'f> {
    pub date: Date,
    pub sched_dep_time: i32,
    pub dep_delay: Option<i32>,
    pub carrier: &'f str,
    pub number: i32,
    pub airline: &'f str,
    pub origin: &'f str,
    pub dest: &'f str,
    /// Manufacturer and model.
    pub plane: Option<(&'f str, &'f str)>,
}

impl<'f> Line<'f> {
    /// The line of a flight.
    ///
    /// It does not know how the relations were loaded: `get` takes what is there, and asks the database for what is
    /// not. That is why the same function serves a lazy board and an eager one.
    pub fn of(flight: &'f Flight, db: &dyn Executor) -> eager_orm::Result<Self> {
        let airline = flight.airline.get(db)?;
        let plane = flight.plane.get(db)?; // None if the key is NULL
        Ok(Line {
            date: flight.date,
            sched_dep_time: flight.sched_dep_time,
            dep_delay: flight.dep_delay,
            carrier: &airline.carrier,
            number: flight.number,
            airline: &airline.name,
            origin: &flight.origin.get(db)?.name,
            dest: &flight.dest.get(db)?.name,
            plane: plane.map(|plane| (&*plane.manufacturer, &*plane.model)),
        })
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute) = (self.sched_dep_time / 100, self.sched_dep_time % 100);
        write!(f, "{} {hour:02}:{minute:02}  {} {:<5}", self.date, self.carrier, self.number)?;
        write!(f, "{:<25}{:<22}{:<36}", self.airline, self.origin, self.dest)?;
        match self.dep_delay {
            Some(minutes) if minutes > 0 => write!(f, "+{minutes:<10}")?,
            Some(_) => f.write_str("on time    ")?,
            None => f.write_str("cancelled  ")?,
        }
        match self.plane {
            Some((manufacturer, model)) => writeln!(f, "{manufacturer} {model}"),
            None => writeln!(f, "plane not known"),
        }
    }
}

/// A few departures of one day.
pub fn print_departures(db: &Database, date: Date) -> eager_orm::Result<()> {
    let flights = Flight::objects()
        .filter(|f| f.date().eq(date) & f.sched_dep_time().ge(1200))
        .order_by(|f| (f.sched_dep_time(), f.id()))
        .select_related(|f| (f.airline(), f.origin(), f.dest(), f.plane()))
        .limit(12)
        .all(db)?;
    println!("\nDepartures of {date}, from noon:");
    for flight in &flights {
        print!("  {}", Line::of(flight, db)?);
    }
    Ok(())
}

/// For each airline: how many flights, and how late they left.
pub fn print_delays(db: &Database) -> eager_orm::Result<()> {
    // Two statements: the airlines, and the flights of all of them.
    let airlines = Airline::objects().order_by(|a| a.name()).prefetch_related(|a| a.flights()).all(db)?;
    println!(
        "\n  {:<28}{:>8}{:>11}{:>10}{:>13}{:>10}",
        "airline", "flights", "cancelled", "> 15 min", "mean delay", "worst"
    );
    for airline in &airlines {
        let flights = airline.flights.all(db)?;
        let delays: Vec<i32> = flights.iter().filter_map(|flight| flight.dep_delay).collect();
        let cancelled = flights.len() - delays.len();
        let late = delays.iter().filter(|minutes| **minutes > 15).count();
        print!("  {:<28}{:>8}{cancelled:>11}{late:>10}", airline.name, flights.len());
        match delays.iter().max() {
            Some(worst) => println!("{:>9.1} min{worst:>6} min", mean(&delays)),
            None => println!("{:>13}{:>10}", "-", "-"),
        }
    }
    Ok(())
}

fn mean(minutes: &[i32]) -> f64 {
    f64::from(minutes.iter().sum::<i32>()) / minutes.len() as f64
}
