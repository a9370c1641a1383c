//! A week of flights from New York: real data, from CSV files to a departures board.
//!
//! ```text
//! cargo run --release --example flights
//! ```
//!
//! With `-- --profile flights.html` it profiles itself and writes a page of what ran.
//!
//! `models.rs` has the models and is the file to begin with; `load.rs` fills the database from the CSV files,
//! `board.rs` queries it, and `race.rs` loads one board in five ways, of which `raw.rs` is written by hand.

mod board;
mod csv_file;
mod load;
mod models;
mod race;
mod raw;

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use eager_orm::prelude::*;

use models::{Airline, Airport, Flight, Plane};
use race::Outcome;

fn main() -> Result<(), Box<dyn Error>> {
    // A file like any other; its folder is deleted at the end.
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("flights.db");
    let db = Database::open(&path)?;
    db.create_tables(models![Airline, Airport, Plane, Flight])?;

    let (flights, loading) = load::load(&db)?;
    let mut arguments = std::env::args().skip(1);
    if let (Some("--profile"), Some(page)) = (arguments.next().as_deref(), arguments.next()) {
        return profile(&db, &path, &page);
    }
    load::print_dirty_data(&db)?;
    board::print_departures(&db, Date::new(2013, 1, 3)?)?;
    board::print_delays(&db)?;

    let outcomes = race::run(&db, &path)?;
    for Outcome { name, report, .. } in &outcomes {
        if let Some(report) = report {
            println!("\nWhat the log says of `{name}`:\n{report}");
        }
    }
    // The loop that asks for nothing comes first, then those to compare it with.
    let [peers, others @ ..] = &outcomes;
    println!("\nThe board of all flights, five times the same:");
    print_outcome(peers);
    println!("flights loaded: {flights} in {} ms", ms(loading));
    others.iter().for_each(print_outcome);
    Ok(())
}

/// Runs the example in a scope of the profiler, and writes what it has to say.
fn profile(db: &Database, path: &Path, page: &str) -> Result<(), Box<dyn Error>> {
    let (done, profile) = db.profile("flights", |db| -> Result<(), Box<dyn Error>> {
        board::print_departures(db, Date::new(2013, 1, 3)?)?;
        board::print_delays(db)?;
        race::run(db, path).map(drop)
    });
    done?;
    let profile = profile.measured(db);
    println!("\n{profile}");
    std::fs::write(page, profile.to_html())?;
    Ok(())
}

fn print_outcome(outcome: &Outcome) {
    println!("{}: {} queries, {} ms", outcome.name, outcome.queries, ms(outcome.best));
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}
