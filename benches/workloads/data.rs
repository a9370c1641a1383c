//! The data set and the inputs of the workloads: the same numbers from the same seeds on every machine.

use std::path::Path;

use super::measure::Sum;
use super::raw::PRAGMAS;

pub const SCHEMA: &str = "
CREATE TABLE author(id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, bio TEXT NOT NULL);
CREATE TABLE publisher(id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL);
CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT NOT NULL, author_id INTEGER NOT NULL REFERENCES author(id),
  publisher_id INTEGER REFERENCES publisher(id), published TEXT NOT NULL, price REAL NOT NULL, pages INTEGER NOT NULL,
  summary TEXT NOT NULL);
CREATE TABLE review(id INTEGER PRIMARY KEY, book_id INTEGER NOT NULL REFERENCES book(id), stars INTEGER NOT NULL,
  body TEXT NOT NULL);
CREATE TABLE tag(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE book_tag(id INTEGER PRIMARY KEY, book_id INTEGER NOT NULL REFERENCES book(id),
  tag_id INTEGER NOT NULL REFERENCES tag(id));
";

const INDEXES: &str = "
CREATE INDEX book_author ON book(author_id);
CREATE INDEX book_publisher ON book(publisher_id);
CREATE INDEX book_price ON book(price);
CREATE INDEX review_book ON review(book_id);
CREATE INDEX book_tag_book ON book_tag(book_id);
CREATE INDEX book_tag_tag ON book_tag(tag_id);
";

/// How much there is of everything.
#[derive(Clone, Copy)]
pub struct Size {
    pub authors: i64,
    pub books: i64,
    /// How many rows the workloads that write many write.
    pub new: i64,
    /// How often the workloads that ask for one row ask.
    pub asked: i64,
    /// The rows of `bulk_create` and `bulk_update_many`.
    pub bulk: i64,
}

impl Size {
    pub const WHOLE: Size = Size { authors: 1_000, books: 20_000, new: 10_000, asked: 10_000, bulk: 100_000 };
    /// A tenth, or less, to see that nothing is broken.
    pub const SMALL: Size = Size { authors: 100, books: 2_000, new: 1_000, asked: 1_000, bulk: 5_000 };
}

pub const PUBLISHERS: i64 = 100;
pub const TAGS: i64 = 200;

/// A new book, as everybody is given it.
pub struct Fields {
    pub title: String,
    pub author: i64,
    pub publisher: Option<i64>,
    pub published: String,
    pub price: f64,
    pub pages: i64,
    pub summary: String,
}

impl Fields {
    /// The checksum of the row, once it has its key.
    pub fn sum(&self, key: i64, sum: &mut Sum) {
        sum.int(key);
        sum.text(&self.title);
        sum.int(self.author);
        sum.option(self.publisher);
        sum.text(&self.published);
        sum.real(self.price);
        sum.int(self.pages);
        sum.text(&self.summary);
    }
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    fn below(&mut self, end: i64) -> i64 {
        (self.next() % end as u64) as i64
    }
}

fn text(seed: i64, length: usize) -> String {
    const WORDS: [&str; 24] = [
        "river", "stone", "amber", "silent", "winter", "garden", "letters", "north", "machine", "salt", "harbour",
        "glass", "crown", "paper", "shadow", "orchard", "signal", "copper", "tide", "lantern", "meadow", "voyage",
        "ember", "atlas",
    ];
    let mut random = Random(seed as u64);
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        text.push_str(WORDS[random.below(24) as usize]);
        text.push(' ');
    }
    text.truncate(length);
    text
}

/// Days since 1980, in years without a leap day: dates only need to sort.
fn date(day: i64) -> String {
    let (year, mut day) = (1980 + day / 365, day % 365);
    let mut month = 1;
    for length in [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        (day, month) = (day - length, month + 1);
    }
    format!("{year:04}-{month:02}-{:02}", day + 1)
}

/// The fields of a book: every author has as many, in no order.
pub fn book(id: i64, size: Size) -> Fields {
    let mut random = Random(id as u64 * 1_000_003);
    let before = id - 1;
    let author = (before * 7919 + before / size.authors * 13) % size.authors + 1;
    let slot = ((before / size.authors) % 20 * 7 + author) % 20;
    let publisher = if random.below(10) == 0 { None } else { Some(random.below(PUBLISHERS) + 1) };
    Fields {
        title: format!("Book {id:06} {}", text(id + 5, 24)),
        author,
        publisher,
        published: date(slot * 730 + random.below(700)),
        price: (500 + random.below(9501)) as f64 / 100.0,
        pages: 80 + random.below(900),
        summary: text(id + 2_000_000, 300),
    }
}

pub fn new_books(count: i64, size: Size) -> Vec<Fields> {
    (1..=count).map(|i| book(i + 100_000, size)).collect()
}

/// Books whose key, price and title are new. Two sets of values in turn, so that each round changes every row.
pub fn changes(count: i64, step: i64, round: usize) -> Vec<(i64, f64, String)> {
    (0..count)
        .map(|i| {
            let id = i * step + 1;
            let price = (700 + (i * 13 + round as i64 % 2 * 5) % 9000) as f64 / 100.0;
            (id, price, format!("Changed {id:06} {} {}", round % 2, text(id, 20)))
        })
        .collect()
}

/// The same of every book that [`new_books`] gives `bulk_update_many` to begin with.
pub fn many_changes(size: Size, round: usize) -> Vec<(i64, f64, String)> {
    let changes = changes(size.bulk, 1, round).into_iter();
    changes.map(|(key, price, title)| (key + size.books, price, title)).collect()
}

pub fn some_keys(count: i64, end: i64, seed: u64) -> Vec<i64> {
    let mut random = Random(seed);
    (0..count).map(|_| random.below(end) + 1).collect()
}

pub fn prices(count: i64) -> Vec<f64> {
    let mut random = Random(45);
    (0..count).map(|_| (9_800 + random.below(200)) as f64 / 100.0).collect()
}

/// Writes the file that everybody gets a copy of.
pub fn write(path: &Path, size: Size) {
    let raw = rusqlite::Connection::open(path).unwrap();
    raw.execute_batch(PRAGMAS).unwrap();
    raw.execute_batch(SCHEMA).unwrap();
    raw.execute_batch("BEGIN").unwrap();
    let each = |sql: &str, count: i64, values: &dyn Fn(i64) -> Vec<rusqlite::types::Value>| {
        let mut statement = raw.prepare(sql).unwrap();
        for id in 1..=count {
            statement.execute(rusqlite::params_from_iter(values(id))).unwrap();
        }
    };
    each("INSERT INTO author VALUES (?, ?, ?, ?)", size.authors, &|id| {
        let name = format!("Author {id:05} {}", text(id, 12));
        vec![id.into(), name.into(), text(id * 3, 9).into(), text(id + 1_000_000, 200).into()]
    });
    each("INSERT INTO publisher VALUES (?, ?, ?)", PUBLISHERS, &|id| {
        vec![id.into(), format!("Publisher {id:04}").into(), text(id * 7, 11).into()]
    });
    each("INSERT INTO book VALUES (?, ?, ?, ?, ?, ?, ?, ?)", size.books, &|id| {
        let Fields { title, author, publisher, published, price, pages, summary } = book(id, size);
        let (title, published, summary) = (title.into(), published.into(), summary.into());
        vec![id.into(), title, author.into(), publisher.into(), published, price.into(), pages.into(), summary]
    });
    each("INSERT INTO review VALUES (?, ?, ?, ?)", size.books * 3, &|id| {
        let mut random = Random(id as u64 * 77);
        let book = random.below(size.books) + 1;
        vec![id.into(), book.into(), (1 + random.below(5)).into(), text(id + 3_000_000, 120).into()]
    });
    each("INSERT INTO tag VALUES (?, ?)", TAGS, &|id| {
        vec![id.into(), format!("tag-{id:03}-{}", text(id * 11, 8)).into()]
    });
    each("INSERT INTO book_tag VALUES (?, ?, ?)", size.books * 3, &|id| {
        let (book, turn) = ((id - 1) % size.books, (id - 1) / size.books);
        vec![id.into(), (book + 1).into(), ((book * 31 + turn * 67 + book / 200) % TAGS + 1).into()]
    });
    raw.execute_batch("COMMIT").unwrap();
    raw.execute_batch(INDEXES).unwrap();
    raw.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}
