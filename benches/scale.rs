//! Loading at size: a limit for each parent beside loading all, and the time and memory of a row from 1,000 to 300,000
//! parents.
//!
//! `cargo bench --bench scale` prints two tables: medians of interleaved rounds. SQLite's own time grows with the size of
//! the table (the books of an author are all over it), so the second table has a column of it: the same two statements,
//! stepped by `rusqlite`, and nothing made of their rows. Another has the same rows loaded with nothing between them. An
//! allocator that gives freed memory back (glibc's does above 64 MiB) has each page of a large result made anew by the
//! kernel; `MALLOC_TRIM_THRESHOLD_=4000000000 MALLOC_MMAP_THRESHOLD_=4000000000` has it keep them.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a benchmark")]

mod counting;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use counting::{Counting, in_use};
use eager_orm::prelude::*;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Model)]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub books: HasMany<Book>,
    pub top_books: Prefetched<Book>,
}

#[derive(Model)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub pages: i32,
    pub author: ForeignKey<Author>,
}

fn path(folder: &tempfile::TempDir, authors: i64, each: i64) -> PathBuf {
    folder.path().join(format!("{authors}-{each}.db"))
}

fn library(folder: &tempfile::TempDir, authors: i64, each: i64) -> Database {
    let db = Database::open(path(folder, authors, each)).unwrap();
    db.create_tables(models![Author, Book]).unwrap();
    let author = |i: i64| Author::create().name(format!("Author {i}"));
    Author::objects().bulk_create((1..=authors).map(author)).run(&db).unwrap();
    // As books come in life: not sorted by author.
    let book = |i: i64| {
        let author = i * 7919 % authors + 1;
        Book::create().title(format!("Title number {i}")).pages((i % 997) as i32 + 1).author(author)
    };
    Book::objects().bulk_create((0..authors * each).map(book)).run(&db).unwrap();
    db
}

/// The two statements of a prefetch, stepped.
struct Raw(rusqlite::Connection);

impl Raw {
    fn open(path: PathBuf) -> Self {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.pragma_update(None, "cache_size", -65536).unwrap();
        Raw(connection)
    }

    fn step(&self) -> i64 {
        let mut sum = 0;
        let mut authors = self.0.prepare_cached("SELECT id, name FROM author").unwrap();
        let mut rows = authors.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            sum += row.get_ref(0).unwrap().as_i64().unwrap();
        }
        let books =
            "SELECT book.id, title, pages, author_id FROM author AS keys CROSS JOIN book ON author_id = keys.id";
        let mut books = self.0.prepare_cached(books).unwrap();
        let mut rows = books.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            sum += row.get_ref(0).unwrap().as_i64().unwrap() + row.get_ref(1).unwrap().as_str().unwrap().len() as i64;
        }
        sum
    }
}

/// The time of a load, and the bytes that what it returns holds.
fn measure<T>(load: impl FnOnce() -> T) -> (Duration, usize) {
    let before = in_use();
    let start = Instant::now();
    let loaded = black_box(load());
    let time = start.elapsed();
    let bytes = in_use().saturating_sub(before);
    drop(loaded);
    (time, bytes)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn main() {
    let small = std::env::args().any(|argument| argument == "--test");
    let rounds = if small { 1 } else { 9 };
    let folder = tempfile::tempdir().unwrap();

    let (parents, each) = if small { (100, 50) } else { (10_000, 50) };
    let db = library(&folder, parents, each);
    let (mut limited, mut all) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let part = Author::objects()
            .prefetch_related(|a| a.books().order_by(|b| b.pages().desc()).limit(3).to(|a| a.top_books()));
        limited.push(measure(|| part.all(&db).unwrap()).0);
        let whole = Author::objects().prefetch_related(|a| a.books().order_by(|b| b.pages().desc()));
        all.push(measure(|| whole.all(&db).unwrap()).0);
    }
    println!("{parents} parents of {each} children, medians of {rounds} rounds");
    println!("three of each  {:9.1} ms", median(limited));
    println!("all of them    {:9.1} ms", median(all));

    println!(
        "\n  parents  SQLite us/parent  unrelated us/parent  prefetch us/parent  peers us/parent  prefetch/SQLite  bytes/parent"
    );
    let sizes: &[i64] = if small { &[100] } else { &[1_000, 10_000, 100_000, 300_000] };
    for &parents in sizes {
        let db = library(&folder, parents, 2);
        let raw = Raw::open(path(&folder, parents, 2));
        let (mut stepped, mut unrelated, mut prefetch, mut peers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut bytes = 0;
        for _ in 0..rounds {
            stepped.push(measure(|| raw.step()).0);
            unrelated.push(measure(|| (Author::objects().all(&db).unwrap(), Book::objects().all(&db).unwrap())).0);
            let query = Author::objects().prefetch_related(|a| a.books());
            let (time, held) = measure(|| query.all(&db).unwrap());
            prefetch.push(time);
            bytes = held;
            let touch = || {
                let authors = Author::objects().all(&db).unwrap();
                for author in &authors {
                    black_box(author.books.all(&db).unwrap());
                }
                authors
            };
            peers.push(measure(touch).0);
        }
        let each = |times: Vec<Duration>| median(times) * 1e3 / parents as f64;
        let (stepped, unrelated, prefetch, peers) = (each(stepped), each(unrelated), each(prefetch), each(peers));
        println!(
            "{parents:9} {stepped:17.2} {unrelated:20.2} {prefetch:19.2} {peers:16.2} {:16.2} {:13.0}",
            prefetch / stepped,
            bytes as f64 / parents as f64
        );
    }
}
