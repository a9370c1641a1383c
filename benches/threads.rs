//! Reads per second with 1, 2, 4 and 8 threads on one `Database`, beside one rusqlite connection for each thread, made and
//! kept by hand: opened once, its statement prepared once, warm before anything is measured, as ours is.
//!
//! `cargo bench --bench threads` prints two tables, medians of interleaved rounds: rows looked up by key, and ten rows
//! by a filter.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a benchmark")]

mod arguments;

use std::hint::black_box;
use std::path::Path;
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use arguments::Arguments;
use eager_orm::prelude::*;
use rusqlite::{Connection, Row};

#[derive(Model)]
pub struct Book {
    pub id: i64,
    pub title: String,
    #[field(index)]
    pub shelf: i64,
    pub pages: i64,
    pub summary: String,
}

const BOOKS: i64 = 20_000;
const SHELVES: i64 = 2_000;
const USAGE: &str = "cargo bench --bench threads: reads per second of many threads; -- --test is a short run";

/// What a row is by hand.
struct Plain {
    _id: i64,
    _title: String,
    _shelf: i64,
    _pages: i64,
    _summary: String,
}

fn plain(row: &Row<'_>) -> rusqlite::Result<Plain> {
    Ok(Plain { _id: row.get(0)?, _title: row.get(1)?, _shelf: row.get(2)?, _pages: row.get(3)?, _summary: row.get(4)? })
}

/// A key that looks random, in turn: from 1 to `end`.
fn key(turn: i64, end: i64) -> i64 {
    turn * 7919 % end + 1
}

/// How fast reads were.
#[derive(Clone, Copy)]
struct Speed {
    /// Reads of all threads in a second.
    reads: f64,
    /// What a read took of the processors, in microseconds, which other programs do not change.
    worked: f64,
}

/// How long this process has worked, in all its threads.
#[cfg(unix)]
fn worked() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time is written to a place of our own.
    let code = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut now) };
    assert_eq!(code, 0);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

#[cfg(not(unix))]
fn worked() -> Duration {
    Duration::ZERO
}

/// Threads that wait for a round, read, and wait again.
struct Crew {
    go: Barrier,
    done: Barrier,
    times: Mutex<Vec<(Instant, Instant)>>,
}

impl Crew {
    fn new(threads: usize) -> Self {
        Crew { go: Barrier::new(threads + 1), done: Barrier::new(threads + 1), times: Mutex::default() }
    }

    /// What a thread of it does: in each round so many reads, each with a number of its own.
    fn work(&self, rounds: usize, reads: i64, thread: i64, mut read: impl FnMut(i64)) {
        for _ in 0..rounds {
            self.go.wait();
            let began = Instant::now();
            for turn in 0..reads {
                read(thread * reads + turn);
            }
            let time = (began, Instant::now());
            self.times.lock().unwrap().push(time);
            self.done.wait();
        }
    }

    /// One round of all its threads.
    fn round(&self, reads: i64) -> Speed {
        let before = worked();
        self.go.wait();
        self.done.wait();
        let worked = worked() - before;
        let times = std::mem::take(&mut *self.times.lock().unwrap());
        let began = times.iter().map(|time| time.0).min().unwrap();
        let ended = times.iter().map(|time| time.1).max().unwrap();
        let all = times.len() as f64 * reads as f64;
        Speed { reads: all / (ended - began).as_secs_f64(), worked: worked.as_secs_f64() * 1e6 / all }
    }
}

fn median(speeds: &[Speed], of: fn(&Speed) -> f64) -> f64 {
    let mut numbers: Vec<f64> = speeds.iter().map(of).collect();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn connect(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "cache_size", -65_536).unwrap();
    connection
}

/// One kind of read, both ways.
struct Kind<'a> {
    name: &'a str,
    ours: &'a (dyn Fn(i64) + Sync),
    sql: &'a str,
    hand: fn(&mut rusqlite::Statement<'_>, i64),
}

fn main() {
    let arguments = Arguments::without_names(USAGE);
    // The others would wait for a thread that has panicked.
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::exit(101);
    }));
    let (rounds, reads) = if arguments.has("--test") { (1, 200) } else { (9, 20_000) };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    let db = Database::open(&path).unwrap();
    db.create_tables(models![Book]).unwrap();
    let one = |i: i64| {
        let book = Book::create().title(format!("Title number {i}")).shelf(i % SHELVES + 1);
        book.pages(i % 997 + 1).summary("s".repeat(300))
    };
    Book::objects().bulk_create((0..BOOKS).map(one)).run(&db).unwrap();

    println!("{BOOKS} rows, {reads} reads a thread, medians of {rounds} interleaved rounds, in reads per second");
    let by_key = Kind {
        name: "one row by its key",
        ours: &|turn| drop(black_box(Book::objects().find(&db, key(turn, BOOKS)).unwrap())),
        sql: "SELECT id, title, shelf, pages, summary FROM book WHERE id = ?",
        hand: |statement, turn| drop(black_box(statement.query_row([key(turn, BOOKS)], plain).unwrap())),
    };
    table(&by_key, &path, rounds, reads);
    let of_shelf = Kind {
        name: "ten rows by a filter",
        ours: &|turn| {
            let books = Book::objects().filter(|b| b.shelf().eq(key(turn, SHELVES))).all(&db).unwrap();
            assert_eq!(black_box(books).len(), 10);
        },
        sql: "SELECT id, title, shelf, pages, summary FROM book WHERE shelf = ?",
        hand: |statement, turn| {
            let rows = statement.query_map([key(turn, SHELVES)], plain).unwrap();
            let books = rows.collect::<rusqlite::Result<Vec<_>>>().unwrap();
            assert_eq!(black_box(books).len(), 10);
        },
    };
    table(&of_shelf, &path, rounds, reads / 4);
}

/// Prints the table of one kind of read.
fn table(kind: &Kind<'_>, path: &Path, rounds: usize, reads: i64) {
    println!("\n{}\n", kind.name);
    println!("| threads | one `Database` | by hand | ratio | µs of processor a read | by hand |");
    println!("|---:|---:|---:|---:|---:|---:|");
    for threads in [1, 2, 4, 8] {
        let (ours, hand) = speeds(kind, path, threads, rounds, reads);
        let [reads, reads_by_hand] = [&ours, &hand].map(|speeds| median(speeds, |speed| speed.reads));
        let [worked, worked_by_hand] = [&ours, &hand].map(|speeds| median(speeds, |speed| speed.worked));
        println!(
            "| {threads} | {reads:.0} | {reads_by_hand:.0} | {:.2} | {worked:.2} | {worked_by_hand:.2} |",
            reads / reads_by_hand
        );
    }
}

/// Both ways with so many threads each, which stay for all rounds.
fn speeds(kind: &Kind<'_>, path: &Path, threads: usize, rounds: usize, reads: i64) -> (Vec<Speed>, Vec<Speed>) {
    let (ours, hand) = (Crew::new(threads), Crew::new(threads));
    // One round before the others: connections are open, statements prepared, pages in the cache.
    let all = rounds + 1;
    let mut measured = (Vec::new(), Vec::new());
    thread::scope(|scope| {
        for thread in 0..threads as i64 {
            let (ours, hand) = (&ours, &hand);
            scope.spawn(move || ours.work(all, reads, thread, kind.ours));
            scope.spawn(move || {
                let connection = connect(path);
                let mut statement = connection.prepare(kind.sql).unwrap();
                hand.work(all, reads, thread, |turn| (kind.hand)(&mut statement, turn));
            });
        }
        ours.round(reads);
        hand.round(reads);
        for round in 0..rounds {
            // Each goes first as often as the other.
            if round % 2 == 0 {
                measured.0.push(ours.round(reads));
                measured.1.push(hand.round(reads));
            } else {
                measured.1.push(hand.round(reads));
                measured.0.push(ours.round(reads));
            }
        }
    });
    measured
}
