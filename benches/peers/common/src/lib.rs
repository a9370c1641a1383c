//! Data set, timing, counting allocator, checksums: shared by all peers. No SQLite in here.
use std::alloc::{GlobalAlloc, Layout, System};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

// ---------------------------------------------------------------- counting allocator
pub struct Counting;
static ON: AtomicBool = AtomicBool::new(false);
static N: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);
#[inline(always)]
fn grow(n: usize) {
    N.fetch_add(1, Relaxed);
    BYTES.fetch_add(n as u64, Relaxed);
    let l = LIVE.fetch_add(n as i64, Relaxed) + n as i64;
    PEAK.fetch_max(l, Relaxed);
}
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, l: Layout) -> *mut u8 {
        if ON.load(Relaxed) {
            grow(l.size())
        }
        System.alloc(l)
    }
    #[inline]
    unsafe fn alloc_zeroed(&self, l: Layout) -> *mut u8 {
        if ON.load(Relaxed) {
            grow(l.size())
        }
        System.alloc_zeroed(l)
    }
    #[inline]
    unsafe fn dealloc(&self, p: *mut u8, l: Layout) {
        if ON.load(Relaxed) {
            LIVE.fetch_sub(l.size() as i64, Relaxed);
        }
        System.dealloc(p, l)
    }
    #[inline]
    unsafe fn realloc(&self, p: *mut u8, l: Layout, n: usize) -> *mut u8 {
        if ON.load(Relaxed) {
            LIVE.fetch_sub(l.size() as i64, Relaxed);
            grow(n)
        }
        System.realloc(p, l, n)
    }
}
#[global_allocator]
static GLOBAL: Counting = Counting;

// ---------------------------------------------------------------- rows
#[derive(Clone, Debug)]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub country: String,
    pub bio: String,
}
#[derive(Clone, Debug)]
pub struct Publisher {
    pub id: i64,
    pub name: String,
    pub city: String,
}
#[derive(Clone, Debug)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub author_id: i64,
    pub publisher_id: Option<i64>,
    pub published: String,
    pub price: f64,
    pub pages: i64,
    pub summary: String,
}
#[derive(Clone, Debug)]
pub struct NewBook {
    pub title: String,
    pub author_id: i64,
    pub publisher_id: Option<i64>,
    pub published: String,
    pub price: f64,
    pub pages: i64,
    pub summary: String,
}
#[derive(Clone, Debug)]
pub struct Review {
    pub id: i64,
    pub book_id: i64,
    pub stars: i64,
    pub body: String,
}
#[derive(Clone, Debug)]
pub struct Tag {
    pub id: i64,
    pub name: String,
}
#[derive(Clone, Debug)]
pub struct Change {
    pub id: i64,
    pub price: f64,
    pub title: String,
}

// ---------------------------------------------------------------- checksums
/// A checksum. It sees the order of a `Vec` where the workload asks for one.
pub struct H {
    state: u64,
    in_order: bool,
}
impl H {
    pub fn new() -> H {
        H::with(false)
    }
    fn with(in_order: bool) -> H {
        H { state: 0xcbf29ce484222325, in_order }
    }
    pub fn u(&mut self, v: u64) {
        self.state = (self.state ^ v).wrapping_mul(0x9E3779B97F4A7C15);
        self.state ^= self.state >> 29;
    }
    pub fn done(&self) -> u64 {
        let mut x = self.state;
        x ^= x >> 33;
        x = x.wrapping_mul(0xff51afd7ed558ccd);
        x ^ (x >> 33)
    }
}
impl Default for H {
    fn default() -> Self {
        H::new()
    }
}
pub trait Sum {
    fn sum(&self, h: &mut H);
}
fn sum_with<T: Sum + ?Sized>(t: &T, in_order: bool) -> u64 {
    let mut h = H::with(in_order);
    t.sum(&mut h);
    h.done()
}
/// The checksum of rows in any order.
pub fn sum_of<T: Sum + ?Sized>(t: &T) -> u64 {
    sum_with(t, false)
}
impl Sum for () {
    fn sum(&self, _: &mut H) {}
}
impl Sum for i64 {
    fn sum(&self, h: &mut H) {
        h.u(*self as u64)
    }
}
impl Sum for i32 {
    fn sum(&self, h: &mut H) {
        h.u(*self as i64 as u64)
    }
}
impl Sum for u64 {
    fn sum(&self, h: &mut H) {
        h.u(*self)
    }
}
impl Sum for f64 {
    fn sum(&self, h: &mut H) {
        h.u(self.to_bits())
    }
}
impl Sum for str {
    fn sum(&self, h: &mut H) {
        h.u(self.len() as u64);
        for b in self.as_bytes() {
            h.u(*b as u64)
        }
    }
}
impl Sum for String {
    fn sum(&self, h: &mut H) {
        self.as_str().sum(h)
    }
}
impl<T: Sum> Sum for Option<T> {
    fn sum(&self, h: &mut H) {
        match self {
            None => h.u(7),
            Some(t) => {
                h.u(8);
                t.sum(h)
            }
        }
    }
}
impl<T: Sum> Sum for Vec<T> {
    fn sum(&self, h: &mut H) {
        h.u(self.len() as u64);
        let sums = self.iter().map(|t| sum_with(t, h.in_order));
        if h.in_order {
            sums.collect::<Vec<u64>>().into_iter().for_each(|sum| h.u(sum));
        } else {
            let sum = sums.fold(0, u64::wrapping_add);
            h.u(sum);
        }
    }
}
impl<T: Sum + ?Sized> Sum for &T {
    fn sum(&self, h: &mut H) {
        (**self).sum(h)
    }
}
impl<T: Sum + ?Sized> Sum for std::rc::Rc<T> {
    fn sum(&self, h: &mut H) {
        (**self).sum(h)
    }
}
impl<A: Sum, B: Sum> Sum for (A, B) {
    fn sum(&self, h: &mut H) {
        self.0.sum(h);
        self.1.sum(h)
    }
}
impl<A: Sum, B: Sum, C: Sum> Sum for (A, B, C) {
    fn sum(&self, h: &mut H) {
        self.0.sum(h);
        self.1.sum(h);
        self.2.sum(h)
    }
}
#[macro_export]
macro_rules! impl_sum {
    ($t:ty : $($f:ident),*) => {
        impl $crate::Sum for $t { fn sum(&self, h: &mut $crate::H) { $( $crate::Sum::sum(&self.$f, h); )* } }
    };
}
impl_sum!(Author: id, name, country, bio);
impl_sum!(Publisher: id, name, city);
impl_sum!(Book: id, title, author_id, publisher_id, published, price, pages, summary);
impl_sum!(Review: id, book_id, stars, body);
impl_sum!(Tag: id, name);

// ---------------------------------------------------------------- data set
pub const AUTHORS: i64 = 1_000;
pub const PUBLISHERS: i64 = 100;
pub const BOOKS: i64 = 20_000;
pub const REVIEWS: i64 = 60_000;
pub const TAGS: i64 = 200;
pub const BOOK_TAGS: i64 = 60_000;

pub const SCHEMA: &str = "
CREATE TABLE author(id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, bio TEXT NOT NULL);
CREATE TABLE publisher(id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL);
CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT NOT NULL, author_id INTEGER NOT NULL REFERENCES author(id),
  publisher_id INTEGER REFERENCES publisher(id), published TEXT NOT NULL, price REAL NOT NULL, pages INTEGER NOT NULL, summary TEXT NOT NULL);
CREATE TABLE review(id INTEGER PRIMARY KEY, book_id INTEGER NOT NULL REFERENCES book(id), stars INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE tag(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE book_tag(id INTEGER PRIMARY KEY, book_id INTEGER NOT NULL REFERENCES book(id), tag_id INTEGER NOT NULL REFERENCES tag(id));
";
pub const INDEXES: &str = "
CREATE INDEX book_author ON book(author_id);
CREATE INDEX book_publisher ON book(publisher_id);
CREATE INDEX book_price ON book(price);
CREATE INDEX review_book ON review(book_id);
CREATE INDEX book_tag_book ON book_tag(book_id);
CREATE INDEX book_tag_tag ON book_tag(tag_id);
";
/// Run on every connection, each peer, where the peer permits (journal_mode is in the file already).
pub const PRAGMAS: &[&str] = &[
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA cache_size=-65536",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA foreign_keys=ON",
];

pub struct Rng(pub u64);
impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E3779B97F4A7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}
const WORDS: &[&str] = &[
    "river", "stone", "amber", "silent", "winter", "garden", "letters", "north", "machine", "salt", "harbour", "glass",
    "crown", "paper", "shadow", "orchard", "signal", "copper", "tide", "lantern", "meadow", "voyage", "ember", "atlas",
];
pub fn text(seed: u64, len: usize) -> String {
    let mut r = Rng(seed);
    let mut s = String::with_capacity(len + 16);
    while s.len() < len {
        s.push_str(WORDS[r.below(WORDS.len() as u64) as usize]);
        s.push(' ');
    }
    s.truncate(len);
    s
}
/// A proleptic day number to YYYY-MM-DD (no leap years: dates only need to sort).
pub fn date(day: u64) -> String {
    const M: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (y, mut d) = (1980 + day / 365, day % 365);
    let mut m = 0;
    while d >= M[m] {
        d -= M[m];
        m += 1;
    }
    format!("{:04}-{:02}-{:02}", y, m + 1, d + 1)
}
pub fn authors() -> Vec<Author> {
    (1..=AUTHORS)
        .map(|id| Author {
            id,
            name: format!("Author {id:05} {}", text(id as u64, 12)),
            country: text(id as u64 * 3, 9),
            bio: text(id as u64 + 1_000_000, 200),
        })
        .collect()
}
pub fn publishers() -> Vec<Publisher> {
    (1..=PUBLISHERS)
        .map(|id| Publisher { id, name: format!("Publisher {id:04}"), city: text(id as u64 * 7, 11) })
        .collect()
}
fn book_fields(id: i64) -> NewBook {
    let mut r = Rng(id as u64 * 1_000_003);
    // author: a fixed shuffle, each author has exactly 20; day unique within an author
    let k = (id - 1) as u64;
    let author_id = ((k * 7919 + k / 1000 * 13) % AUTHORS as u64) as i64 + 1;
    let slot = (k / 1000) % 20;
    let slot = (slot * 7 + author_id as u64) % 20;
    NewBook {
        title: format!("Book {id:06} {}", text(id as u64 + 5, 24)),
        author_id,
        publisher_id: if r.below(10) == 0 { None } else { Some(r.below(PUBLISHERS as u64) as i64 + 1) },
        published: date(slot * 730 + r.below(700)),
        price: (500 + r.below(9501)) as f64 / 100.0,
        pages: 80 + r.below(900) as i64,
        summary: text(id as u64 + 2_000_000, 300),
    }
}
pub fn books() -> Vec<Book> {
    (1..=BOOKS)
        .map(|id| {
            let b = book_fields(id);
            Book {
                id,
                title: b.title,
                author_id: b.author_id,
                publisher_id: b.publisher_id,
                published: b.published,
                price: b.price,
                pages: b.pages,
                summary: b.summary,
            }
        })
        .collect()
}
pub fn reviews() -> Vec<Review> {
    (1..=REVIEWS)
        .map(|id| {
            let mut r = Rng(id as u64 * 77);
            Review {
                id,
                book_id: r.below(BOOKS as u64) as i64 + 1,
                stars: 1 + r.below(5) as i64,
                body: text(id as u64 + 3_000_000, 120),
            }
        })
        .collect()
}
pub fn tags() -> Vec<Tag> {
    (1..=TAGS).map(|id| Tag { id, name: format!("tag-{id:03}-{}", text(id as u64 * 11, 8)) }).collect()
}
/// (id, book_id, tag_id): three distinct tags a book
pub fn book_tags() -> Vec<(i64, i64, i64)> {
    (1..=BOOK_TAGS)
        .map(|id| {
            let k = (id - 1) as u64;
            let (b, j) = (k % BOOKS as u64, k / BOOKS as u64);
            (id, b as i64 + 1, ((b * 31 + j * 67 + b / 200) % TAGS as u64) as i64 + 1)
        })
        .collect()
}

/// The workloads whose rows have an order: that of the query, or of the questions that they answer.
const IN_ORDER: [&str; 4] = ["W2", "W2_read", "W3", "W13"];

/// What comes back of an insert: the keys of the new rows in the order in which they were given, where the library has them.
pub trait Keys {
    fn keys(&self) -> Option<Vec<i64>>;
}
impl Keys for () {
    fn keys(&self) -> Option<Vec<i64>> {
        None
    }
}
impl Keys for Vec<i64> {
    fn keys(&self) -> Option<Vec<i64>> {
        Some(self.clone())
    }
}

// ---------------------------------------------------------------- workload inputs
pub const W2_N: usize = 10_000;
pub const W6_BOOKS: i64 = 5_000;
pub const W8_BOOKS: i64 = 1_000;
pub fn w2_ids() -> Vec<i64> {
    let mut r = Rng(42);
    (0..W2_N).map(|_| r.below(BOOKS as u64) as i64 + 1).collect()
}
pub fn w3_authors() -> Vec<i64> {
    let mut r = Rng(43);
    (0..2_000).map(|_| r.below(AUTHORS as u64) as i64 + 1).collect()
}
pub fn w9_books() -> Vec<NewBook> {
    (1..=10_000).map(|i| book_fields(i + 100_000)).collect()
}
/// two sets of values, taken in turn, so that each run really changes every row
pub fn w10_changes(iter: usize) -> Vec<Change> {
    let mut r = Rng(44);
    (0..5_000)
        .map(|i| {
            let id = i * 4 + 1 + r.below(4) as i64;
            Change {
                id,
                price: (700 + (i * 13 + iter as i64 % 2 * 5) % 9000) as f64 / 100.0,
                title: format!("Changed {id:06} {} {}", iter % 2, text(id as u64, 20)),
            }
        })
        .collect()
}
pub fn w11_books() -> Vec<NewBook> {
    (1..=2_000).map(|i| book_fields(i + 200_000)).collect()
}
pub fn w13_prices() -> Vec<f64> {
    let mut r = Rng(45);
    (0..1_000).map(|_| (9_800 + r.below(200)) as f64 / 100.0).collect()
}

// ---------------------------------------------------------------- measuring
pub struct Bench {
    peer: String,
    pub only: Option<Vec<String>>,
    dir: PathBuf,
    template: PathBuf,
    min_iters: usize,
    budget: Duration,
    copies: usize,
}
fn cpu() -> Duration {
    let mut t: libc::timespec = unsafe { std::mem::zeroed() };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
}
impl Bench {
    /// args: [W1,W5,...]; env PEERBENCH_DIR (default /dev/shm/peerbench), PEERBENCH_MS (timed budget a workload, default 1200),
    /// PEERBENCH_QUICK=1 (one iteration, for checksums)
    pub fn new(peer: &str) -> Bench {
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, 1 << 30);
            libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
        }
        let only = std::env::args().nth(1).filter(|s| s != "all").map(|s| s.split(',').map(String::from).collect());
        let dir: PathBuf = std::env::var("PEERBENCH_DIR").unwrap_or_else(|_| "/dev/shm/peerbench".into()).into();
        let template = dir.join("template.db");
        let mine = dir.join(format!("{peer}-{}", std::process::id()));
        std::fs::create_dir_all(&mine).unwrap();
        let quick = std::env::var("PEERBENCH_QUICK").is_ok();
        let ms = std::env::var("PEERBENCH_MS").ok().and_then(|s| s.parse().ok()).unwrap_or(1200);
        Bench {
            peer: peer.into(),
            only,
            dir: mine,
            template,
            min_iters: if quick { 1 } else { 10 },
            budget: Duration::from_millis(if quick { 0 } else { ms }),
            copies: 0,
        }
    }
    pub fn template(&self) -> &Path {
        &self.template
    }
    /// A path for a database of this process's own, nothing there yet.
    pub fn fresh_path(&mut self) -> PathBuf {
        self.copies += 1;
        self.dir.join(format!("db{}.db", self.copies))
    }
    /// A fresh copy of the filled database.
    pub fn db(&mut self) -> PathBuf {
        let p = self.fresh_path();
        std::fs::copy(&self.template, &p).expect("template.db missing: run target/release/gen first");
        p
    }
    pub fn version(&self, sqlite: &str, crate_: &str) {
        eprintln!("#version {} {} sqlite {}", self.peer, crate_, sqlite);
    }
    pub fn wants(&self, w: &str) -> bool {
        self.only.as_ref().map_or(true, |o| o.iter().any(|x| x == w))
    }
    pub fn run<C, T: Sum>(&mut self, w: &str, c: &mut C, mut body: impl FnMut(&mut C) -> T) {
        let in_order = IN_ORDER.contains(&w);
        self.run_checked(w, c, |_, _| (), |c, _| body(c), |_, t| (sum_with(t, in_order), None))
    }
    /// setup is not timed (iteration number given); check is not timed and runs after the first warm-up.
    pub fn run_with<C, I, T>(
        &mut self,
        w: &str,
        c: &mut C,
        setup: impl FnMut(&mut C, usize) -> I,
        body: impl FnMut(&mut C, I) -> T,
        mut check: impl FnMut(&mut C, &T) -> u64,
    ) {
        self.run_checked(w, c, setup, body, |c, t| (check(c, t), None))
    }
    /// Inserts: `setup` clears, and makes the rows in the form in which the library takes them, both of which is not timed;
    /// `body` returns what the library returns of the rows; `written` is the checksum of what is in the table.
    pub fn run_insert<C, I, T: Keys>(
        &mut self,
        w: &str,
        c: &mut C,
        setup: impl FnMut(&mut C, usize) -> I,
        body: impl FnMut(&mut C, I) -> T,
        mut written: impl FnMut(&mut C) -> u64,
    ) {
        let keys = |t: &T| t.keys().map(|keys| sum_with(&keys, true));
        self.run_checked(w, c, setup, body, |c, t| (written(c), keys(t)))
    }
    fn run_checked<C, I, T>(
        &mut self,
        w: &str,
        c: &mut C,
        mut setup: impl FnMut(&mut C, usize) -> I,
        mut body: impl FnMut(&mut C, I) -> T,
        mut check: impl FnMut(&mut C, &T) -> (u64, Option<u64>),
    ) {
        if !self.wants(w) {
            return;
        }
        let (mut sum, mut keys) = (0, None);
        let quick = self.budget.is_zero();
        let mut it = 0;
        for k in 0..if quick { 1 } else { 3 } {
            let i = setup(c, it);
            it += 1;
            let t = body(c, i);
            if k == 0 {
                (sum, keys) = check(c, &t);
            }
            drop(t);
        }
        // one counted iteration
        let i = setup(c, it);
        it += 1;
        for a in [&N, &BYTES] {
            a.store(0, Relaxed)
        }
        for a in [&LIVE, &PEAK] {
            a.store(0, Relaxed)
        }
        ON.store(true, Relaxed);
        let t = body(c, i);
        ON.store(false, Relaxed);
        let (n, bytes, peak) = (N.load(Relaxed), BYTES.load(Relaxed), PEAK.load(Relaxed));
        drop(t);
        let mut times: Vec<f64> = vec![];
        let mut cpus: Vec<f64> = vec![];
        let start = Instant::now();
        while times.len() < self.min_iters || (start.elapsed() < self.budget && times.len() < 400) {
            let i = setup(c, it);
            it += 1;
            let c0 = cpu();
            let t0 = Instant::now();
            let t = std::hint::black_box(body(c, i));
            let dt = t0.elapsed();
            let dc = cpu() - c0;
            drop(t);
            times.push(dt.as_secs_f64() * 1e3);
            cpus.push(dc.as_secs_f64() * 1e3);
            if start.elapsed() > Duration::from_secs(20) && times.len() >= 3 {
                break;
            }
        }
        times.sort_by(f64::total_cmp);
        cpus.sort_by(f64::total_cmp);
        println!(
            "{{\"peer\":\"{}\",\"w\":\"{}\",\"min\":{:.4},\"median\":{:.4},\"cpu\":{:.4},\"iters\":{},\"sum\":\"{:016x}\",\"keys\":{},\"allocs\":{},\"bytes\":{},\"peak\":{}}}",
            self.peer,
            w,
            times[0],
            times[times.len() / 2],
            cpus[cpus.len() / 2],
            times.len(),
            sum,
            keys.map_or("null".into(), |keys| format!("\"{keys:016x}\"")),
            n,
            bytes,
            peak
        );
    }
}
impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
