//! What peers cost where no relation is ever touched: 20,000 rows of a model with three relations, beside the same rows
//! of a model that has plain columns in their place.
//!
//! `cargo bench --bench peers` prints the ratio of the medians of interleaved rounds, and the bytes of a row. Below stand the
//! same rows by SQLite's C interface, in structs with nothing in place of the relations, with three fields of 16 bytes
//! that are written and nothing else, and with three of an `Arc` that is cloned: what of it is the larger row alone.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a benchmark")]

mod arguments;
mod raw;
mod turns;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arguments::Arguments;
use eager_orm::prelude::*;
use raw::Raw;
use turns::turns;

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

const USAGE: &str = "cargo bench --bench peers: what untouched relations cost; -- --test is a short run";

/// A row by hand, and what it has in place of its relations.
struct ByHand<H> {
    _id: i64,
    _title: String,
    _author: i64,
    _publisher: Option<i64>,
    _pages: i32,
    _price: f64,
    _published: String,
    _summary: String,
    _handles: H,
}

/// What the rows of a result share, which is where a handle would look.
#[derive(Default)]
struct Group {
    _keys: Vec<i64>,
}

/// A pointer and a place.
struct Written {
    _group: *const Group,
    _place: usize,
}

struct Counted {
    _group: Arc<Group>,
    _place: usize,
}

/// All rows, with the handles that are made for each by its place.
fn by_hand<H>(raw: &Raw, mut handles: impl FnMut(usize) -> H) -> Vec<ByHand<H>> {
    let sql = "SELECT id, title, author_id, publisher_id, pages, price, published, summary FROM book";
    let mut place = 0;
    raw.prepare(sql).all(|row| {
        place += 1;
        ByHand {
            _id: row.int(0),
            _title: row.text(1),
            _author: row.int(2),
            _publisher: row.option(3),
            _pages: row.int(4) as i32,
            _price: row.real(5),
            _published: row.text(6),
            _summary: row.text(7),
            _handles: handles(place),
        }
    })
}

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
    let rounds = if Arguments::without_names(USAGE).has("--test") { 3 } else { 201 };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    let db = Database::open(&path).unwrap();
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

    let raw = Raw::open(&path);
    let group = Arc::new(Group::default());
    let written = |place| Written { _group: Arc::as_ptr(&group), _place: place };
    let counted = |place| Counted { _group: Arc::clone(&group), _place: place };
    let mut times: [Vec<Duration>; 6] = Default::default();
    for round in 0..rounds {
        for who in turns(6, round) {
            times[who].push(match who {
                0 => time(|| Plain::objects().all(&db).unwrap()),
                1 => time(|| Book::objects().fetch_mode(FetchMode::One).all(&db).unwrap()),
                2 => time(|| Book::objects().all(&db).unwrap()),
                3 => time(|| by_hand(&raw, |_| ())),
                4 => time(|| by_hand(&raw, |place| [written(place), written(place), written(place)])),
                _ => time(|| by_hand(&raw, |place| [counted(place), counted(place), counted(place)])),
            });
        }
    }
    let [plain, one, peers, hand, hand_written, hand_counted] = times.map(median);
    println!("{ROWS} rows, {rounds} interleaved rounds, medians");
    println!("plain columns                      {plain:8.3} ms");
    println!("three relations, One               {one:8.3} ms  {:.3}", one / plain);
    println!("three relations, Peers             {peers:8.3} ms  {:.3}", peers / plain);
    println!("by hand, plain columns             {hand:8.3} ms");
    println!("by hand, three fields of 16 bytes  {hand_written:8.3} ms  {:.3}", hand_written / hand);
    println!("by hand, three clones of an Arc    {hand_counted:8.3} ms  {:.3}", hand_counted / hand);
    let [bytes, bytes_written] = [size_of::<ByHand<()>>(), size_of::<ByHand<[Written; 3]>>()];
    println!(
        "{bytes} bytes a row by hand, {bytes_written} with the fields, {} and {} ours",
        size_of::<Plain>(),
        size_of::<Book>()
    );
    let handles = size_of::<Book>() - size_of::<Plain>();
    // A key a row for the group, and one for each of the two foreign keys, 4 bytes each as these keys are small.
    println!(
        "{} bytes a row in handles, {} in the group: {:.1} a row and relation",
        handles,
        3 * 4,
        (handles + 12) as f64 / 3.0
    );
}
