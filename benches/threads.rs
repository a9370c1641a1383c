//! Reads per second with 1, 2, 4 and 8 threads on one `Database`, beside one rusqlite connection for each thread, made and
//! kept by hand, its statement prepared once.
//!
//! `cargo bench --bench threads` prints two tables, medians of interleaved rounds: rows looked up by key, and ten rows
//! by a filter.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a benchmark")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

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
const COLUMNS: &str = "SELECT id, title, shelf, pages, summary FROM book";

/// What a row is by hand.
fn book(row: &Row<'_>) -> rusqlite::Result<(i64, String, i64, i64, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
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

/// Each of the threads calls what `start` makes for it, with the numbers of its reads.
fn speed<F: FnMut(i64)>(threads: i64, reads: i64, start: impl Fn() -> F + Sync) -> Speed {
    let (ready, go) = (Barrier::new(threads as usize + 1), Barrier::new(threads as usize + 1));
    let mut before = Duration::ZERO;
    let times: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let run = |thread: i64| {
            let (ready, go, start) = (&ready, &go, &start);
            scope.spawn(move || {
                let mut read = start();
                // Once before: the connection is open, the statement prepared.
                read(thread);
                ready.wait();
                go.wait();
                let began = Instant::now();
                for turn in 0..reads {
                    read(thread * reads + turn);
                }
                (began, Instant::now())
            })
        };
        let running: Vec<_> = (0..threads).map(run).collect();
        ready.wait();
        before = worked();
        go.wait();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let worked = worked() - before;
    let (began, ended) =
        (times.iter().map(|time| time.0).min().unwrap(), times.iter().map(|time| time.1).max().unwrap());
    let all = (threads * reads) as f64;
    Speed { reads: all / (ended - began).as_secs_f64(), worked: worked.as_secs_f64() * 1e6 / all }
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

/// The rows of a statement with one value, decoded, as many as there are.
fn by_hand(connection: &Connection, sql: &str, value: i64) -> usize {
    let mut statement = connection.prepare_cached(sql).unwrap();
    let rows = statement.query_map([value], book).unwrap().collect::<rusqlite::Result<Vec<_>>>().unwrap();
    black_box(rows).len()
}

fn main() {
    let small = std::env::args().any(|argument| argument == "--test");
    let (rounds, reads) = if small { (1, 200) } else { (9, 20_000) };
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
    let (by_key, of_shelf) = (format!("{COLUMNS} WHERE id = ?"), format!("{COLUMNS} WHERE shelf = ?"));
    table("one row by its key", rounds, |threads, ours| {
        if ours {
            return speed(threads, reads, || {
                |turn| drop(black_box(Book::objects().find(&db, key(turn, BOOKS)).unwrap()))
            });
        }
        speed(threads, reads, || {
            let connection = connect(&path);
            let sql = &by_key;
            move |turn| assert_eq!(by_hand(&connection, sql, key(turn, BOOKS)), 1)
        })
    });
    table("ten rows by a filter", rounds, |threads, ours| {
        if ours {
            return speed(threads, reads / 4, || {
                |turn| {
                    let books = Book::objects().filter(|b| b.shelf().eq(key(turn, SHELVES))).all(&db).unwrap();
                    assert_eq!(black_box(books).len(), 10);
                }
            });
        }
        speed(threads, reads / 4, || {
            let connection = connect(&path);
            let sql = &of_shelf;
            move |turn| assert_eq!(by_hand(&connection, sql, key(turn, SHELVES)), 10)
        })
    });
}

/// Prints the table of one kind of read.
fn table(what: &str, rounds: usize, run: impl Fn(i64, bool) -> Speed) {
    println!("\n{what}\n");
    println!("| threads | one `Database` | by hand | ratio | µs of processor a read | by hand |");
    println!("|---:|---:|---:|---:|---:|---:|");
    for threads in [1, 2, 4, 8] {
        let (mut ours, mut hand) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            // Each goes first as often as the other.
            if round % 2 == 0 {
                ours.push(run(threads, true));
                hand.push(run(threads, false));
            } else {
                hand.push(run(threads, false));
                ours.push(run(threads, true));
            }
        }
        let [reads, reads_by_hand] = [&ours, &hand].map(|speeds| median(speeds, |speed| speed.reads));
        let [worked, worked_by_hand] = [&ours, &hand].map(|speeds| median(speeds, |speed| speed.worked));
        println!(
            "| {threads} | {reads:.0} | {reads_by_hand:.0} | {:.2} | {worked:.2} | {worked_by_hand:.2} |",
            reads / reads_by_hand
        );
    }
}
