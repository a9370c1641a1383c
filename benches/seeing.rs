//! What it costs to remember results and to profile: a hit and a miss beside the query, `all` inside of a profile and
//! outside.
//!
//! `cargo bench --bench seeing` prints the ratios of the medians of interleaved rounds.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a benchmark")]

mod arguments;

use std::hint::black_box;
use std::time::{Duration, Instant};

use arguments::Arguments;
use eager_orm::prelude::*;

#[derive(Model)]
pub struct Book {
    pub id: i64,
    pub title: String,
    #[field(index)]
    pub shelf: i64,
    pub pages: i32,
    pub price: f64,
    pub published: String,
    pub summary: String,
}

const ROWS: i64 = 20_000;
const USAGE: &str =
    "cargo bench --bench seeing: what it costs to remember results and to profile; -- --test is a short run";

fn main() {
    let is_test = Arguments::without_names(USAGE).has("--test");
    let (rounds, times) = if is_test { (3, 10) } else { (41, 200) };
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(folder.path().join("library.db")).unwrap();
    db.create_tables(models![Book]).unwrap();
    let book = |i: i64| {
        let book = Book::create().title(format!("Title number {i}")).shelf(i / 100).pages(300).price(9.99);
        book.published("2024-02-29").summary("s".repeat(300))
    };
    Book::objects().bulk_create((0..ROWS).map(book)).run(&db).unwrap();
    let shelf = |n: i64| Book::objects().filter(move |b| b.shelf().eq(n));

    let (mut query, mut hit, mut miss) = (Vec::new(), Vec::new(), Vec::new());
    let (mut outside, mut inside) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // 100 rows each. A miss is a shelf that nobody has asked for since everything was forgotten.
        db.cache().clear();
        shelf(0).cached().all(&db).unwrap();
        for turn in 0..3 {
            match (round + turn) % 3 {
                0 => {
                    // Kept too: what is remembered is not where the last result was.
                    let mut kept = Vec::new();
                    query.push(time(times, |n| kept.push(shelf(n).all(&db).unwrap())));
                }
                1 => hit.push(time(times, |_| drop(black_box(shelf(0).cached().all(&db).unwrap())))),
                _ => {
                    db.cache().clear();
                    miss.push(time(times, |n| drop(black_box(shelf(n).cached().all(&db).unwrap()))));
                    shelf(0).cached().all(&db).unwrap();
                }
            }
        }
        for turn in 0..2 {
            match (round + turn) % 2 {
                0 => outside.push(time(1, |_| drop(black_box(Book::objects().all(&db).unwrap())))),
                _ => {
                    let all = |db: &Database| time(1, |_| drop(black_box(Book::objects().all(db).unwrap())));
                    inside.push(db.profile("all", all).0);
                }
            }
        }
    }
    let (query, hit, miss) = (median(query), median(hit), median(miss));
    let (outside, inside) = (median(outside), median(inside));
    println!("{rounds} interleaved rounds, medians");
    println!("a query of 100 rows  {query:9.2} us");
    println!("the same, a hit      {hit:9.2} us  {:.3}", hit / query);
    println!("the same, a miss     {miss:9.2} us  {:.3}", miss / query);
    println!("all {ROWS} rows      {outside:9.2} us");
    println!("inside of a profile  {inside:9.2} us  {:.3}", inside / outside);
}

/// How long a run takes, of so many.
fn time(times: i64, mut run: impl FnMut(i64)) -> Duration {
    let start = Instant::now();
    (0..times).for_each(&mut run);
    start.elapsed() / u32::try_from(times).unwrap()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e6
}
