//! Loading at size: a limit for each parent beside loading all, and the time and memory of a row from 1,000 to 300,000
//! parents.
//!
//! `cargo bench --bench scale` prints two tables: medians of interleaved rounds. The second has, beside ours, what the
//! machine takes of it: the books looked up by the keys of the authors, stepped, and nothing made of their rows; both
//! tables loaded by ours with nothing between them; and the best that we know by hand, SQLite's C interface with both tables
//! read into structs and the books put by their authors (counted, then each moved once), all of it held. An allocator that
//! gives freed memory back (glibc's does above 64 MiB) has each page of a large result made anew by the kernel;
//! `MALLOC_TRIM_THRESHOLD_=4000000000 MALLOC_MMAP_THRESHOLD_=4000000000` has it keep them.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a benchmark")]

mod arguments;
mod counting;
mod raw;
mod turns;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use arguments::Arguments;
use counting::{Counting, in_use};
use eager_orm::prelude::*;
use raw::{ByParent, Places, Raw};
use turns::turns;

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

const USAGE: &str = "cargo bench --bench scale: loading from 1,000 to 300,000 parents; -- --test is a short run";

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

struct PlainAuthor {
    id: i64,
    _name: String,
}

struct PlainBook {
    _id: i64,
    _title: String,
    _pages: i32,
    _author: i64,
}

const AUTHORS: &str = "SELECT id, name FROM author";

/// The two statements of a prefetch by keys, stepped.
fn step(raw: &Raw) -> i64 {
    let books = "SELECT book.id, title, pages, author_id FROM author AS keys CROSS JOIN book ON author_id = keys.id";
    let mut sum = 0;
    for sql in [AUTHORS, books] {
        let statement = raw.prepare(sql);
        while statement.step() {
            sum += statement.int(0);
        }
        statement.reset();
    }
    sum
}

/// Both tables, and the books of each author side by side.
fn by_hand(raw: &Raw) -> (Vec<PlainAuthor>, ByParent<PlainBook>) {
    let authors = raw.prepare(AUTHORS).all(|row| PlainAuthor { id: row.int(0), _name: row.text(1) });
    let mut of = Places::new(authors.iter().map(|author| author.id));
    let mut places = Vec::new();
    let books = raw.prepare("SELECT id, title, pages, author_id FROM book").all(|row| {
        let author = row.int(3);
        places.push(of.of(author) as u32);
        PlainBook { _id: row.int(0), _title: row.text(1), _pages: row.int(2) as i32, _author: author }
    });
    let books = ByParent::new(books, &places, authors.len());
    (authors, books)
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
    let small = Arguments::without_names(USAGE).has("--test");
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

    println!("\nµs a parent of two children; bytes a parent\n");
    println!(
        "| parents | SQLite by keys | unrelated | prefetch | peers | by hand | prefetch / by hand | peers / by hand | bytes | by hand |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let sizes: &[i64] = if small { &[100] } else { &[1_000, 10_000, 100_000, 300_000] };
    for &parents in sizes {
        let db = library(&folder, parents, 2);
        let raw = Raw::open(&path(&folder, parents, 2));
        let query = Author::objects().prefetch_related(|a| a.books());
        let touch = || {
            let authors = Author::objects().all(&db).unwrap();
            for author in &authors {
                black_box(author.books.all(&db).unwrap());
            }
            authors
        };
        let mut times: [Vec<Duration>; 5] = Default::default();
        let mut bytes = [0; 5];
        for round in 0..rounds {
            for who in turns(5, round) {
                let (time, held) = match who {
                    0 => measure(|| step(&raw)),
                    1 => measure(|| (Author::objects().all(&db).unwrap(), Book::objects().all(&db).unwrap())),
                    2 => measure(|| query.all(&db).unwrap()),
                    3 => measure(touch),
                    _ => measure(|| by_hand(&raw)),
                };
                times[who].push(time);
                bytes[who] = held / parents as usize;
            }
        }
        let [stepped, unrelated, prefetch, peers, hand] = times.map(|times| median(times) * 1e3 / parents as f64);
        println!(
            "| {parents} | {stepped:.2} | {unrelated:.2} | {prefetch:.2} | {peers:.2} | {hand:.2} | {:.2} | {:.2} | {} | {} |",
            prefetch / hand,
            peers / hand,
            bytes[2],
            bytes[4]
        );
    }
}
