//! What peers cost where no relation is ever touched: 20,000 rows of a model with three relations, beside the same rows
//! of a model that has plain columns in their place.
//!
//! `cargo bench --bench peers` prints the ratio of the medians of interleaved rounds, and the bytes of a row.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a benchmark")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use eager_orm::prelude::*;

#[derive(Model)]
pub struct Author {
    pub id: i64,
    pub name: String,
}

#[derive(Model)]
pub struct Publisher {
    pub id: i64,
    pub name: String,
}

#[derive(Model)]
pub struct Review {
    pub id: i64,
    pub book: ForeignKey<Book>,
}

#[derive(Model)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub author: ForeignKey<Author>,
    pub publisher: Option<ForeignKey<Publisher>>,
    pub pages: i32,
    pub price: f64,
    pub published: String,
    pub summary: String,
    pub reviews: HasMany<Review>,
}

/// The same table, its keys as plain columns.
#[derive(Model)]
#[model(table = "book")]
pub struct Plain {
    pub id: i64,
    pub title: String,
    pub author_id: i64,
    pub publisher_id: Option<i64>,
    pub pages: i32,
    pub price: f64,
    pub published: String,
    pub summary: String,
}

const ROWS: i64 = 20_000;

fn time<T>(f: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let value = f();
    drop(black_box(value));
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn main() {
    let rounds = if std::env::args().any(|argument| argument == "--test") { 3 } else { 201 };
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(folder.path().join("library.db")).unwrap();
    db.create_tables(models![Author, Publisher, Review, Book]).unwrap();
    let author = |i: i64| Author::create().name(format!("Author {i}"));
    Author::objects().bulk_create((0..1000).map(author)).run(&db).unwrap();
    let publisher = |i: i64| Publisher::create().name(format!("Publisher {i}"));
    Publisher::objects().bulk_create((0..100).map(publisher)).run(&db).unwrap();
    let book = |i: i64| {
        let book = Book::create().title(format!("Title number {i}")).author(i % 1000 + 1).pages(300).price(9.99);
        book.publisher((i % 5 > 0).then_some(i % 100 + 1)).published("2024-02-29").summary("s".repeat(300))
    };
    Book::objects().bulk_create((0..ROWS).map(book)).run(&db).unwrap();

    let (mut plain, mut one, mut peers) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        // Each goes first as often as the others: what was freed before is what is allocated next.
        for turn in 0..3 {
            match (round + turn) % 3 {
                0 => plain.push(time(|| Plain::objects().all(&db).unwrap())),
                1 => one.push(time(|| Book::objects().fetch_mode(FetchMode::One).all(&db).unwrap())),
                _ => peers.push(time(|| Book::objects().all(&db).unwrap())),
            }
        }
    }
    let (plain, one, peers) = (median(plain), median(one), median(peers));
    println!("{ROWS} rows, {rounds} interleaved rounds, medians");
    println!("plain columns         {plain:8.3} ms");
    println!("three relations, One  {one:8.3} ms  {:.3}", one / plain);
    println!("three relations, Peers{peers:8.3} ms  {:.3}", peers / plain);
    let handles = size_of::<Book>() - size_of::<Plain>();
    // A key a row for the group, and one for each of the two foreign keys, 4 bytes each as these keys are small.
    println!(
        "{} bytes a row in handles, {} in the group: {:.1} a row and relation",
        handles,
        3 * 4,
        (handles + 12) as f64 / 3.0
    );
}
