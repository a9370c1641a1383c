//! What a row costs, from 1,000 rows to 1,000,000: time and memory of six ways to load and write.
//!
//! `cargo bench --bench growth` prints the table; `-- --write` writes the table and the plot into `docs/`; `-- 100000` goes
//! as far as that. A row is each row of any table that is loaded or written. Times are those of the thread.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a benchmark")]

mod arguments;
mod counting;

use std::fmt::Write;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use arguments::Arguments;
use counting::{Counting, in_use, most};
use eager_orm::prelude::*;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Model)]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub books: HasMany<Book>,
}

#[derive(Model)]
pub struct Publisher {
    pub id: i64,
    pub name: String,
}

#[derive(Model)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub pages: i32,
    pub summary: String,
    pub author: ForeignKey<Author>,
    pub publisher: Option<ForeignKey<Publisher>>,
    pub reviews: HasMany<Review>,
    #[relation(through = BookTag)]
    pub tags: ManyToMany<Tag>,
}

#[derive(Model)]
pub struct Review {
    pub id: i64,
    pub stars: i32,
    pub body: String,
    pub book: ForeignKey<Book>,
}

#[derive(Model)]
pub struct Tag {
    pub id: i64,
    pub name: String,
}

#[derive(Model)]
pub struct BookTag {
    pub id: i64,
    pub book: ForeignKey<Book>,
    pub tag: ForeignKey<Tag>,
}

const TAGS: i64 = 200;
const USAGE: &str =
    "cargo bench --bench growth -- [--write] [BOOKS]: what a row costs, up to so many books, a million if
nothing is said. --write writes the table and the plot into docs/; --test is a short run";

const WAYS: [&str; 6] = ["load_all", "join_eager", "prefetch_fk", "prefetch_m2m", "prefetch_nested", "bulk_create"];

/// What a row costs.
#[derive(Clone, Copy)]
struct Cost {
    /// Microseconds.
    time: f64,
    /// Bytes that the result holds.
    held: f64,
    /// The most bytes in use on the way.
    most: f64,
}

fn book(i: i64, authors: i64) -> NewBook {
    // As books come in life: not sorted by author.
    let author = i * 7919 % authors + 1;
    let book = Book::create().title(format!("Title number {i}")).pages((i % 997) as i32 + 1).author(author);
    book.publisher((i % 10 > 0).then_some(i % 50 + 1))
        .summary("a summary of a book that is neither long nor short")
        .build()
}

/// A file of that many books, with an author for 20 of them, a review for each and two tags.
fn library(path: &Path, books: i64) -> Database {
    let db = Database::open(path).unwrap();
    db.create_tables(models![Author, Publisher, Book, Review, Tag, BookTag]).unwrap();
    let authors = books / 20;
    let author = |i: i64| Author::create().name(format!("Author {i}"));
    Author::objects().bulk_create((1..=authors).map(author)).run(&db).unwrap();
    let publisher = |i: i64| Publisher::create().name(format!("Publisher {i}"));
    Publisher::objects().bulk_create((1..=50).map(publisher)).run(&db).unwrap();
    Tag::objects().bulk_create((1..=TAGS).map(|i| Tag::create().name(format!("tag {i}")))).run(&db).unwrap();
    // In parts: what is made is not what is measured.
    let parts = |end: i64| (0..end).step_by(50_000).map(move |start| start..(start + 50_000).min(end));
    for part in parts(books) {
        Book::objects().bulk_create(part.map(|i| book(i, authors))).run(&db).unwrap();
    }
    let review =
        |i: i64| Review::create().stars((i % 5) as i32).body("what they thought of it").book(i * 31 % books + 1);
    for part in parts(books) {
        Review::objects().bulk_create(part.map(review)).run(&db).unwrap();
    }
    let link = |i: i64| BookTag::create().book(i / 2 + 1).tag((i * 67 + i / 400) % TAGS + 1);
    for part in parts(books * 2) {
        BookTag::objects().bulk_create(part.map(link)).run(&db).unwrap();
    }
    db
}

/// How long this thread has worked. Other processes take the machine away, and that is nobody's doing here.
#[cfg(unix)]
fn worked() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time is written to a place of our own.
    let code = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut now) };
    assert_eq!(code, 0);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

#[cfg(not(unix))]
fn worked() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

/// What one row costs of what `run` returns, of which there are `rows`.
fn cost<T>(rows: i64, run: impl FnOnce() -> T) -> Cost {
    cost_since(in_use(), rows, run)
}

/// The same, where something of it was there before.
fn cost_since<T>(before: usize, rows: i64, run: impl FnOnce() -> T) -> Cost {
    most();
    let start = worked();
    let result = black_box(run());
    let time = worked().saturating_sub(start);
    let each = |bytes: usize| bytes.saturating_sub(before) as f64 / rows as f64;
    let (held, most) = (each(in_use()), each(most()));
    drop(result);
    Cost { time: time.as_secs_f64() * 1e6 / rows as f64, held, most }
}

fn once(way: usize, db: &Database, books: i64) -> Cost {
    let authors = books / 20;
    match way {
        0 => cost(books, || Book::objects().all(db).unwrap()),
        // The rows of the books; their authors and publishers are shared.
        1 => cost(books, || Book::objects().select_related(|b| (b.author(), b.publisher())).all(db).unwrap()),
        2 => cost(authors + books, || Author::objects().prefetch_related(|a| a.books()).all(db).unwrap()),
        3 => cost(books * 3, || Book::objects().prefetch_related(|b| b.tags()).all(db).unwrap()),
        4 => cost(authors + books * 2, || Author::objects().prefetch_related(|a| a.books().reviews()).all(db).unwrap()),
        _ => {
            let before = in_use();
            let new: Vec<NewBook> = (0..books).map(|i| book(i, authors)).collect();
            let cost = cost_since(before, books, || Book::objects().bulk_create(new).run(db).unwrap());
            let sql = format!("DELETE FROM book WHERE id > {books}");
            db.raw(|raw| raw.execute_batch(&sql)).unwrap();
            cost
        }
    }
}

/// The row with the median time.
fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by(|one, other| one.time.total_cmp(&other.time));
    costs[costs.len() / 2]
}

/// How many books there are.
const SIZES: [i64; 4] = [1_000, 10_000, 100_000, 1_000_000];

fn main() {
    let arguments = Arguments::read(USAGE, &["--write"]);
    let has = |flag| arguments.has(flag);
    let end: i64 = match arguments.names.as_slice() {
        [] if has("--test") => 1_000,
        [] => SIZES[3],
        [end] => match SIZES.into_iter().find(|size| size.to_string() == *end) {
            Some(end) => end,
            None => arguments.refuse("it takes one number: 1000, 10000, 100000 or 1000000"),
        },
        _ => arguments.refuse("it takes one number"),
    };
    if has("--write") && end < SIZES[3] {
        arguments.refuse("--write takes all sizes");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut sizes = Vec::new();
    let mut costs: Vec<[Cost; 6]> = Vec::new();
    for books in SIZES.into_iter().filter(|&books| books <= end) {
        let path = folder.path().join(format!("{books}.db"));
        let db = library(&path, books);
        let rounds = if has("--test") { 1 } else { (2_000_000 / books).clamp(3, 25) };
        costs.push([0, 1, 2, 3, 4, 5].map(|way| median((0..rounds).map(|_| once(way, &db, books)).collect())));
        sizes.push(books);
        drop(db);
        fs::remove_file(&path).unwrap();
    }
    let table = table(&sizes, &costs);
    println!("{table}");
    if has("--write") {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        fs::write(docs.join("growth.svg"), plot(&sizes, &costs)).unwrap();
        let page = fs::read_to_string(docs.join("growth.md")).unwrap();
        // The first table, and nothing of what stands below it.
        let (before, rest) = page.split_at(page.find("| ").unwrap());
        let after = &rest[rest.find("\n\n").unwrap() + 1..];
        fs::write(docs.join("growth.md"), format!("{before}{table}{after}")).unwrap();
    }
}

fn table(sizes: &[i64], costs: &[[Cost; 6]]) -> String {
    let mut text =
        "| way | books | µs a row | bytes held a row | bytes at most a row |\n|---|---:|---:|---:|---:|\n".to_owned();
    for (way, name) in WAYS.iter().enumerate() {
        for (size, cost) in sizes.iter().zip(costs) {
            let Cost { time, held, most } = cost[way];
            writeln!(text, "| {name} | {size} | {time:.2} | {held:.0} | {most:.0} |").unwrap();
        }
    }
    text
}

/// Two panels side by side, time and memory of a row, over the number of books, which grows by tens.
fn plot(sizes: &[i64], costs: &[[Cost; 6]]) -> String {
    const COLOURS: [&str; 6] = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#555555"];
    let (width, height) = (300.0, 240.0);
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"860\" height=\"330\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"860\" height=\"330\" fill=\"white\"/>\n",
    );
    let panels: [(&str, f64, fn(&Cost) -> f64); 2] =
        [("microseconds a row", 50.0, |cost| cost.time), ("bytes held a row", 410.0, |cost| cost.held)];
    for (title, left, value) in panels {
        let highest = costs.iter().flatten().map(value).fold(0.0, f64::max) * 1.1;
        let x = |at: usize| left + width * at as f64 / (sizes.len().max(2) - 1) as f64;
        let y = |value: f64| 40.0 + height * (1.0 - value / highest);
        writeln!(svg, "<text x=\"{left}\" y=\"25\" font-weight=\"bold\">{title}</text>").unwrap();
        for step in 0..=4 {
            let value = highest * f64::from(step) / 4.0;
            let (at, label) = (y(value), if highest < 20.0 { format!("{value:.1}") } else { format!("{value:.0}") });
            let end = left + width;
            writeln!(svg, "<line x1=\"{left}\" x2=\"{end}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>").unwrap();
            let (before, below) = (left - 6.0, at + 4.0);
            writeln!(svg, "<text x=\"{before}\" y=\"{below:.1}\" text-anchor=\"end\">{label}</text>").unwrap();
        }
        for (at, size) in sizes.iter().enumerate() {
            let middle = x(at);
            writeln!(svg, "<text x=\"{middle:.1}\" y=\"298\" text-anchor=\"middle\">{size}</text>").unwrap();
        }
        for (way, colour) in COLOURS.iter().enumerate() {
            let points: Vec<(f64, f64)> =
                costs.iter().enumerate().map(|(at, cost)| (x(at), y(value(&cost[way])))).collect();
            let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let line = line.join(" ");
            writeln!(svg, "<polyline points=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>")
                .unwrap();
            for (x, y) in points {
                writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>").unwrap();
            }
        }
    }
    for (way, (name, colour)) in WAYS.iter().zip(COLOURS).enumerate() {
        let at = 60.0 + 22.0 * way as f64;
        writeln!(svg, "<rect x=\"735\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>", at - 10.0).unwrap();
        writeln!(svg, "<text x=\"753\" y=\"{at}\">{name}</text>").unwrap();
    }
    svg.push_str("<text x=\"380\" y=\"320\" text-anchor=\"middle\">books</text>\n</svg>\n");
    svg
}
