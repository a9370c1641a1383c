//! One board, loaded in five ways: how many statements, how much time, and whether it is the same board.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use eager_orm::prelude::*;
use rusqlite::Connection;

use crate::board::Line;
use crate::models::Flight;
use crate::raw;

const ROUNDS: usize = 5;

/// One way to make the board of all flights.
type Way<'a> = &'a dyn Fn() -> Result<String, Box<dyn Error>>;

/// The flights, and nothing that they point at. Without a mode they are peers: the first access to an airline loads the
/// airlines of all of them.
fn peers() -> QuerySet<Flight> {
    Flight::objects().order_by(|f| f.id())
}

/// The same, and each flight loads what it points at for itself alone.
fn one_by_one() -> QuerySet<Flight> {
    Flight::objects().order_by(|f| f.id()).fetch_mode(FetchMode::One)
}

/// The flights, joined with what they point at.
fn select_related() -> QuerySet<Flight> {
    Flight::objects().order_by(|f| f.id()).select_related(|f| (f.airline(), f.origin(), f.dest(), f.plane()))
}

/// The flights, and one statement more for each relation.
fn prefetch_related() -> QuerySet<Flight> {
    Flight::objects().order_by(|f| f.id()).prefetch_related(|f| (f.airline(), f.origin(), f.dest(), f.plane()))
}

/// The board of all flights, in one read transaction. Only the queryset differs from one way to the next.
fn board(db: &Database, flights: &QuerySet<Flight>) -> eager_orm::Result<String> {
    db.read(|snapshot| {
        let mut board = String::new();
        for flight in &flights.all(snapshot)? {
            add(&mut board, &Line::of(flight, snapshot)?);
        }
        Ok(board)
    })
}

/// The same, written by hand.
fn raw_board(connection: &Connection) -> Result<String, Box<dyn Error>> {
    let mut board = String::new();
    for flight in &raw::flights(connection)? {
        add(&mut board, &flight.line());
    }
    Ok(board)
}

fn add(board: &mut String, line: &Line<'_>) {
    // Writing to a `String` cannot fail.
    let _ = write!(board, "{line}");
}

/// What one way took, and what the log has to say of it.
pub struct Outcome {
    pub name: &'static str,
    pub queries: usize,
    pub report: Option<String>,
    pub best: Duration,
}

/// Makes the board in every way, and fails if one of them is another board.
pub fn run(db: &Database, path: &Path) -> Result<[Outcome; 5], Box<dyn Error>> {
    let connection = raw::open(path)?;
    let (peers, one_by_one) = (peers(), one_by_one());
    let (select_related, prefetch_related) = (select_related(), prefetch_related());
    let ways: [(&'static str, Way<'_>); 5] = [
        ("lazy, all peers at once", &|| Ok(board(db, &peers)?)),
        ("lazy, one by one", &|| Ok(board(db, &one_by_one)?)),
        ("select_related", &|| Ok(board(db, &select_related)?)),
        ("prefetch_related", &|| Ok(board(db, &prefetch_related)?)),
        ("raw rusqlite", &|| raw_board(&connection)),
    ];

    let mut outcomes = ways.map(|(name, _)| Outcome { name, queries: 0, report: None, best: Duration::MAX });

    // One pass to count statements and to compare the boards. Nothing is timed here: recording takes time.
    let mut expected = None;
    for ((name, way), outcome) in ways.iter().zip(&mut outcomes) {
        let (board, log) = db.capture(|_| way());
        let found = checksum(&board?);
        if *expected.get_or_insert(found) != found {
            return Err(format!("{name} makes another board: its checksum is {found:x}").into());
        }
        // The library does not see the one statement that is written by hand.
        outcome.queries = log.len().max(1);
        outcome.report = (!log.findings().is_empty()).then(|| log.report().to_string());
    }

    // The ways take turns, so that a disturbance of the machine meets them all.
    for _ in 0..ROUNDS {
        for ((name, way), outcome) in ways.iter().zip(&mut outcomes) {
            let start = Instant::now();
            let board = way()?;
            outcome.best = outcome.best.min(start.elapsed());
            if Some(checksum(&board)) != expected {
                return Err(format!("{name} makes another board in a second run").into());
            }
        }
    }
    Ok(outcomes)
}

/// FNV-1a, 64 bits.
fn checksum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
