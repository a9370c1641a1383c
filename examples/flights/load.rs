//! From the CSV files into the database, and what was found on the way.
//!
//! Real data is dirty. The rule here is that nothing is lost in silence: what has no place in the database is given
//! one, and [`print_dirty_data`] asks the database afterwards what there is.

use std::collections::BTreeSet;
use std::error::Error;
use std::time::{Duration, Instant};

use eager_orm::prelude::*;

use crate::csv_file::{CsvFile, CsvRow};
use crate::models::{Airline, Airport, Flight, Plane};

/// Loads everything in one transaction: all of it is there, or nothing. Says how many flights there are and how long
/// they took, from the opening of their file to the last insert.
pub fn load(db: &Database) -> Result<(usize, Duration), Box<dyn Error>> {
    // `try_transaction` is `transaction` for a closure that has errors of other kinds too.
    db.try_transaction(|tx| {
        let airlines = load_airlines(tx)?;
        let mut airports = load_airports(tx)?;
        let planes = load_planes(tx)?;
        println!("{} airlines, {} airports, {} planes", airlines, airports.len(), planes.len());

        let start = Instant::now();
        let flights = load_flights(tx, &mut airports, &planes)?;
        Ok((flights, start.elapsed()))
    })
}

fn load_airlines(tx: &Transaction<'_>) -> Result<usize, Box<dyn Error>> {
    let file = CsvFile::read("airlines.csv")?;
    let airlines = file
        .rows()
        .map(|row| Ok(Airline::create().carrier(row.text("carrier")?).name(row.text("name")?)))
        .collect::<Result<Vec<_>, String>>()?;
    Ok(Airline::objects().bulk_create(airlines).run(tx)?.len())
}

/// The codes of the airports.
fn load_airports(tx: &Transaction<'_>) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let file = CsvFile::read("airports.csv")?;
    let airport = |row: CsvRow<'_>| {
        // `create` begins a builder. A required field that is forgotten does not compile: try it.
        let airport = Airport::create()
            .faa(row.text("faa")?)
            .name(row.text("name")?)
            .lat(row.value::<f64>("lat")?)
            .lon(row.value::<f64>("lon")?)
            .alt(row.value::<i32>("alt")?)
            .tz(row.value::<i32>("tz")?)
            .dst(row.text("dst")?)
            .tzone(row.value_or_na::<String>("tzone")?);
        Ok(airport)
    };
    let airports = file.rows().map(airport).collect::<Result<Vec<_>, String>>()?;
    let airports = Airport::objects().bulk_create(airports).run(tx)?;
    Ok(airports.into_iter().map(|airport| airport.faa).collect())
}

/// The tail numbers of the planes.
fn load_planes(tx: &Transaction<'_>) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let file = CsvFile::read("planes.csv")?;
    let plane = |row: CsvRow<'_>| {
        let plane = Plane::create()
            .tailnum(row.text("tailnum")?)
            .year(row.value_or_na::<i32>("year")?)
            .kind(row.text("type")?)
            .manufacturer(row.text("manufacturer")?)
            .model(row.text("model")?)
            .engines(row.value("engines")?)
            .seats(row.value("seats")?)
            .speed(row.value_or_na::<i32>("speed")?)
            .engine(row.text("engine")?);
        Ok(plane)
    };
    let planes = file.rows().map(plane).collect::<Result<Vec<_>, String>>()?;
    let planes = Plane::objects().bulk_create(planes).run(tx)?;
    Ok(planes.into_iter().map(|plane| plane.tailnum).collect())
}

fn load_flights(
    tx: &Transaction<'_>,
    airports: &mut BTreeSet<String>,
    planes: &BTreeSet<String>,
) -> Result<usize, Box<dyn Error>> {
    let file = CsvFile::read("flights_week1.csv")?;

    // A flight has to have its two airports, so those that are missing get a row that says so.
    let mut missing = Vec::new();
    for row in file.rows() {
        for column in ["origin", "dest"] {
            let faa = row.text(column)?;
            if airports.insert(faa.to_owned()) {
                missing.push(Airport::create().faa(faa).name(format!("{faa} (not in airports.csv)")).listed(false));
            }
        }
    }
    Airport::objects().bulk_create(missing).run(tx)?;

    let flight = |row: CsvRow<'_>| {
        let tailnum: Option<String> = row.value_or_na("tailnum")?;
        // A plane that is not known is no plane; its tail number is kept beside.
        let plane = tailnum.clone().filter(|tailnum| planes.contains(tailnum));
        let flight = Flight::create()
            .date(date(row)?)
            .sched_dep_time(row.value("sched_dep_time")?)
            .dep_time(row.value_or_na::<i32>("dep_time")?)
            .dep_delay(row.value_or_na::<i32>("dep_delay")?)
            .sched_arr_time(row.value("sched_arr_time")?)
            .arr_time(row.value_or_na::<i32>("arr_time")?)
            .arr_delay(row.value_or_na::<i32>("arr_delay")?)
            // A foreign key takes a row or, as here, its key. One that points at nothing is refused by the database.
            .airline(row.text("carrier")?)
            .number(row.value("flight")?)
            .tailnum(tailnum)
            .plane(plane)
            .origin(row.text("origin")?)
            .dest(row.text("dest")?)
            .air_time(row.value_or_na::<i32>("air_time")?)
            .distance(row.value("distance")?)
            .time_hour(row.value::<Timestamp>("time_hour")?);
        Ok(flight)
    };
    let flights = file.rows().map(flight).collect::<Result<Vec<_>, String>>()?;
    Ok(Flight::objects().bulk_create(flights).run(tx)?.len())
}

/// The date of a flight, of three columns.
///
/// `hour` and `minute` are the only columns that are not stored: they say again what `sched_dep_time` says, and that is
/// checked here.
fn date(row: CsvRow<'_>) -> Result<Date, String> {
    let (hour, minute): (i32, i32) = (row.value("hour")?, row.value("minute")?);
    if hour * 100 + minute != row.value::<i32>("sched_dep_time")? {
        return Err(row.error("`hour` and `minute` are not those of `sched_dep_time`"));
    }
    Date::new(row.value("year")?, row.value("month")?, row.value("day")?)
        .map_err(|error| row.error(&format!("there is no such day: {error}")))
}

/// What is dirty in the data, and what became of it.
pub fn print_dirty_data(db: &Database) -> eager_orm::Result<()> {
    let flights = Flight::objects();
    let unknown = flights.clone().filter(|f| !f.tailnum().is_null() & f.plane().is_null());
    let tailnums = unknown.clone().values_list(|f| f.tailnum()).distinct().count(db)?;
    let no_tailnum = flights.clone().filter(|f| f.tailnum().is_null()).count(db)?;
    let never_left = flights.clone().filter(|f| f.dep_time().is_null()).count(db)?;
    let never_came = flights.clone().filter(|f| f.arr_time().is_null()).count(db)?;
    let no_air_time = flights.clone().filter(|f| f.air_time().is_null()).count(db)?;
    let midnight = flights.clone().filter(|f| f.dep_time().eq(2400) | f.arr_time().eq(2400)).count(db)?;

    println!("\nDirty data, and what became of it:");
    println!(
        "  {} flights name one of {tailnums} planes that are not in planes.csv: `plane` is NULL, `tailnum` is kept",
        unknown.count(db)?
    );
    println!("  {no_tailnum} flights name no plane: both are NULL");
    // Two statements: the airports, and the flights to all of them.
    let missing = Airport::objects().filter(|a| a.listed().eq(false)).order_by(|a| a.faa());
    for airport in &missing.prefetch_related(|a| a.arrivals()).all(db)? {
        let arrivals = airport.arrivals.all(db)?.len();
        println!(
            "  {} is the destination of {arrivals} flights and not in airports.csv: added, not listed",
            airport.faa
        );
    }
    println!(
        "  {never_left} flights have no departure time, {never_came} no arrival time, {no_air_time} no time in the air: NULL"
    );
    println!(
        "  {} planes have no year, {} no speed; {} airports have no time zone: NULL",
        Plane::objects().filter(|p| p.year().is_null()).count(db)?,
        Plane::objects().filter(|p| p.speed().is_null()).count(db)?,
        Airport::objects().filter(|a| a.listed().eq(true) & a.tzone().is_null()).count(db)?,
    );
    println!("  {midnight} times are 24:00, the end of the day: kept");
    Ok(())
}
