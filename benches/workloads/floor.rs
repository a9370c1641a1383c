//! The floor: SQLite's C interface, every statement prepared once, nothing checked that needs no check.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_int};
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;
use std::ptr::null_mut;

use rusqlite::ffi;

use super::data::{self, Fields, PRAGMAS};
use super::measure::{Probe, Sum};
use super::world::{Plain, PlainAuthor, PlainPublisher, PlainReview, PlainTag, World};

pub struct Floor {
    raw: *mut ffi::sqlite3,
    statements: RefCell<HashMap<String, Statement>>,
}

/// A statement, kept until the process ends.
#[derive(Clone, Copy)]
struct Statement(*mut ffi::sqlite3_stmt);

impl Floor {
    pub fn open(path: &Path) -> Self {
        let path = CString::new(path.to_str().unwrap()).unwrap();
        let mut raw = null_mut();
        let flags = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_NOMUTEX;
        let code = unsafe { ffi::sqlite3_open_v2(path.as_ptr(), &raw mut raw, flags, std::ptr::null()) };
        assert_eq!(code, ffi::SQLITE_OK);
        let floor = Floor { raw, statements: RefCell::default() };
        floor.run(PRAGMAS);
        floor
    }

    pub fn run(&self, sql: &str) {
        let sql = CString::new(sql).unwrap();
        let code = unsafe { ffi::sqlite3_exec(self.raw, sql.as_ptr(), None, null_mut(), null_mut()) };
        assert_eq!(code, ffi::SQLITE_OK, "{sql:?}");
    }

    fn prepare(&self, sql: &str) -> Statement {
        *self.statements.borrow_mut().entry(sql.to_owned()).or_insert_with(|| {
            let mut statement = null_mut();
            let (text, length) = (sql.as_ptr().cast(), sql.len() as c_int);
            let flags = ffi::SQLITE_PREPARE_PERSISTENT;
            let code =
                unsafe { ffi::sqlite3_prepare_v3(self.raw, text, length, flags, &raw mut statement, null_mut()) };
            assert_eq!(code, ffi::SQLITE_OK, "{sql}");
            Statement(statement)
        })
    }

    fn rowid(&self) -> i64 {
        unsafe { ffi::sqlite3_last_insert_rowid(self.raw) }
    }
}

impl Statement {
    #[inline(always)]
    fn step(self) -> bool {
        match unsafe { ffi::sqlite3_step(self.0) } {
            ffi::SQLITE_ROW => true,
            ffi::SQLITE_DONE => false,
            code => {
                panic!("{code} {:?}", unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(ffi::sqlite3_db_handle(self.0))) })
            }
        }
    }
    #[inline(always)]
    fn reset(self) {
        unsafe { ffi::sqlite3_reset(self.0) };
    }
    #[inline(always)]
    fn run(self) {
        self.step();
        self.reset();
    }
    #[inline(always)]
    fn int(self, column: c_int) -> i64 {
        unsafe { ffi::sqlite3_column_int64(self.0, column) }
    }
    #[inline(always)]
    fn real(self, column: c_int) -> f64 {
        unsafe { ffi::sqlite3_column_double(self.0, column) }
    }
    #[inline(always)]
    fn option(self, column: c_int) -> Option<i64> {
        let is_null = unsafe { ffi::sqlite3_column_type(self.0, column) == ffi::SQLITE_NULL };
        (!is_null).then(|| self.int(column))
    }
    #[inline(always)]
    fn text(self, column: c_int) -> String {
        unsafe {
            let start = ffi::sqlite3_column_text(self.0, column);
            let length = ffi::sqlite3_column_bytes(self.0, column) as usize;
            std::str::from_utf8(std::slice::from_raw_parts(start, length)).unwrap().to_owned()
        }
    }
    #[inline(always)]
    fn bind_int(self, number: c_int, value: i64) {
        unsafe { ffi::sqlite3_bind_int64(self.0, number, value) };
    }
    #[inline(always)]
    fn bind_real(self, number: c_int, value: f64) {
        unsafe { ffi::sqlite3_bind_double(self.0, number, value) };
    }
    /// The text outlives the run.
    #[inline(always)]
    fn bind_text(self, number: c_int, text: &str) {
        let (start, length) = (text.as_ptr().cast(), text.len() as c_int);
        unsafe { ffi::sqlite3_bind_text(self.0, number, start, length, ffi::SQLITE_STATIC()) };
    }
    #[inline(always)]
    fn bind_new(self, book: &Fields) {
        self.bind_text(1, &book.title);
        self.bind_int(2, book.author);
        match book.publisher {
            Some(key) => self.bind_int(3, key),
            None => unsafe {
                ffi::sqlite3_bind_null(self.0, 3);
            },
        }
        self.bind_text(4, &book.published);
        self.bind_real(5, book.price);
        self.bind_int(6, book.pages);
        self.bind_text(7, &book.summary);
    }
    #[inline(always)]
    fn book(self) -> Plain {
        Plain {
            id: self.int(0),
            title: self.text(1),
            author: self.int(2),
            publisher: self.option(3),
            published: self.text(4),
            price: self.real(5),
            pages: self.int(6),
            summary: self.text(7),
        }
    }
    #[inline(always)]
    fn author(self, at: c_int) -> PlainAuthor {
        PlainAuthor { id: self.int(at), name: self.text(at + 1), country: self.text(at + 2), bio: self.text(at + 3) }
    }
    #[inline(always)]
    fn all<T>(self, read: impl Fn(Self) -> T) -> Vec<T> {
        let mut rows = Vec::new();
        while self.step() {
            rows.push(read(self));
        }
        self.reset();
        rows
    }
}

#[derive(Default)]
struct Multiply(u64);

impl Hasher for Multiply {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!()
    }
    fn write_i64(&mut self, value: i64) {
        self.0 = (value as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }
}

/// Where the parent of a child is: the last parent first, then the map.
struct Places {
    map: HashMap<i64, u32, BuildHasherDefault<Multiply>>,
    last: (i64, usize),
}

impl Places {
    fn new(keys: &[i64]) -> Self {
        let mut map = HashMap::with_capacity_and_hasher(keys.len(), BuildHasherDefault::default());
        map.extend(keys.iter().enumerate().map(|(place, key)| (*key, place as u32)));
        Places { map, last: (i64::MIN, 0) }
    }
    #[inline(always)]
    fn of(&mut self, key: i64) -> usize {
        if self.last.0 != key {
            self.last = (key, self.map[&key] as usize);
        }
        self.last.1
    }
}

/// The statement for a batch of 500 keys. The last batch is filled up with its last key.
fn batch(floor: &Floor, start: &str) -> Statement {
    floor.prepare(&format!("{start} IN ({}?)", "?,".repeat(499)))
}

#[inline(always)]
fn in_batches(statement: Statement, keys: &[i64], mut each: impl FnMut(Statement)) {
    for chunk in keys.chunks(500) {
        let last = chunk[chunk.len() - 1];
        for i in 0..500 {
            statement.bind_int(i as c_int + 1, chunk.get(i).copied().unwrap_or(last));
        }
        while statement.step() {
            each(statement);
        }
        statement.reset();
    }
}

pub const BOOK: &str = "b.id,b.title,b.author_id,b.publisher_id,b.published,b.price,b.pages,b.summary";
pub const INSERT: &str =
    "INSERT INTO book(title,author_id,publisher_id,published,price,pages,summary) VALUES (?,?,?,?,?,?,?)";
pub const UPDATE: &str = "UPDATE book SET price=?1, title=?2 WHERE id=?3";

fn books(floor: &Floor, rest: &str) -> Statement {
    floor.prepare(&format!("SELECT {BOOK} FROM book b{rest}"))
}

pub fn load_all(world: &mut World, probe: &mut Probe) {
    let statement = books(&world.floor, "");
    let rows = probe.time(|| statement.all(Statement::book));
    probe.sum(|sum| sum.all(&rows, |sum, row| row.sum(sum)));
}

pub fn get_by_pk(world: &mut World, probe: &mut Probe) {
    let statement = books(&world.floor, " WHERE b.id=?");
    let rows = probe.time(|| {
        let one = |key: &i64| {
            statement.bind_int(1, *key);
            assert!(statement.step());
            let row = statement.book();
            statement.reset();
            row
        };
        world.keys.iter().map(one).collect::<Vec<_>>()
    });
    probe.sum(|sum| sum.all(&rows, |sum, row| row.sum(sum)));
}

pub fn get_by_pk_in_read(world: &mut World, probe: &mut Probe) {
    world.floor.run("BEGIN");
    get_by_pk(world, probe);
    world.floor.run("COMMIT");
}

pub fn filter_small(world: &mut World, probe: &mut Probe) {
    let statement = books(&world.floor, " WHERE b.author_id=? ORDER BY b.published DESC LIMIT 10");
    let rows = probe.time(|| {
        let some = |key: &i64| {
            statement.bind_int(1, *key);
            statement.all(Statement::book)
        };
        world.some_authors.iter().map(some).collect::<Vec<_>>()
    });
    probe.sum(|sum| sum.all(rows.iter().flatten(), |sum, row| row.sum(sum)));
}

pub const JOIN: &str = ",a.id,a.name,a.country,a.bio,p.id,p.name,p.city FROM book b JOIN author a ON a.id=b.author_id \
                        LEFT JOIN publisher p ON p.id=b.publisher_id";

pub fn join_eager(world: &mut World, probe: &mut Probe) {
    let statement = world.floor.prepare(&format!("SELECT {BOOK}{JOIN}"));
    let rows = probe.time(|| {
        statement.all(|row| {
            let publisher = row.option(12).map(|id| PlainPublisher { id, name: row.text(13), city: row.text(14) });
            (row.book(), row.author(8), publisher)
        })
    });
    probe.sum(|sum| {
        sum.all(&rows, |sum, (book, author, publisher)| {
            book.sum(sum);
            author.sum(sum);
            publisher.iter().for_each(|publisher| publisher.sum(sum));
        });
    });
}

fn author_books(floor: &Floor) -> (Statement, Statement) {
    let authors = floor.prepare("SELECT id,name,country,bio FROM author");
    (authors, batch(floor, &format!("SELECT {BOOK} FROM book b WHERE b.author_id")))
}

pub fn prefetch_fk(world: &mut World, probe: &mut Probe) {
    let (authors, books) = author_books(&world.floor);
    let rows = probe.time(|| {
        let mut rows: Vec<(PlainAuthor, Vec<Plain>)> = authors.all(|row| (row.author(0), Vec::new()));
        let keys: Vec<i64> = rows.iter().map(|(author, _)| author.id).collect();
        let mut places = Places::new(&keys);
        in_batches(books, &keys, |row| rows[places.of(row.int(2))].1.push(row.book()));
        rows
    });
    probe.sum(|sum| {
        sum.all(&rows, |sum, (author, books)| {
            author.sum(sum);
            sum.all(books, |sum, book| book.sum(sum));
        });
    });
}

pub fn prefetch_m2m(world: &mut World, probe: &mut Probe) {
    let books = books(&world.floor, " WHERE b.id<=?");
    books.bind_int(1, world.size.books / 4);
    let start = "SELECT bt.book_id,t.id,t.name FROM book_tag bt CROSS JOIN tag t ON t.id=bt.tag_id WHERE bt.book_id";
    let tags = batch(&world.floor, start);
    let rows = probe.time(|| {
        let mut rows: Vec<(Plain, Vec<PlainTag>)> = books.all(|row| (row.book(), Vec::new()));
        let keys: Vec<i64> = rows.iter().map(|(book, _)| book.id).collect();
        let mut places = Places::new(&keys);
        in_batches(tags, &keys, |row| {
            rows[places.of(row.int(0))].1.push(PlainTag { id: row.int(1), name: row.text(2) });
        });
        rows
    });
    probe.sum(|sum| {
        sum.all(&rows, |sum, (book, tags)| {
            book.sum(sum);
            sum.all(tags, |sum, tag| tag.sum(sum));
        });
    });
}

pub fn prefetch_nested(world: &mut World, probe: &mut Probe) {
    let (authors, books) = author_books(&world.floor);
    let reviews = batch(&world.floor, "SELECT r.id,r.book_id,r.stars,r.body FROM review r WHERE r.book_id");
    let rows = probe.time(|| {
        let authors = authors.all(|row| row.author(0));
        let keys: Vec<i64> = authors.iter().map(|author| author.id).collect();
        let mut places = Places::new(&keys);
        let mut loaded: Vec<(usize, Plain)> = Vec::new();
        in_batches(books, &keys, |row| loaded.push((places.of(row.int(2)), row.book())));
        let keys: Vec<i64> = loaded.iter().map(|(_, book)| book.id).collect();
        let mut places = Places::new(&keys);
        let mut of_books: Vec<Vec<PlainReview>> = Vec::new();
        of_books.resize_with(loaded.len(), Vec::new);
        in_batches(reviews, &keys, |row| {
            let (id, book, stars, body) = (row.int(0), row.int(1), row.int(2), row.text(3));
            of_books[places.of(book)].push(PlainReview { id, book, stars, body });
        });
        let mut rows: Vec<(PlainAuthor, Vec<(Plain, Vec<PlainReview>)>)> =
            authors.into_iter().map(|author| (author, Vec::new())).collect();
        for ((place, book), reviews) in loaded.into_iter().zip(of_books) {
            rows[place].1.push((book, reviews));
        }
        rows
    });
    probe.sum(|sum| {
        sum.all(&rows, |sum, (author, books)| {
            author.sum(sum);
            sum.all(books, |sum, (book, reviews)| {
                book.sum(sum);
                sum.all(reviews, |sum, review| review.sum(sum));
            });
        });
    });
}

pub fn nplus1(world: &mut World, probe: &mut Probe) {
    let books = books(&world.floor, " WHERE b.id<=?");
    books.bind_int(1, world.size.asked / 10);
    let author = world.floor.prepare("SELECT id,name,country,bio FROM author WHERE id=?");
    let rows = probe.time(|| {
        let with_author = |book: Plain| {
            author.bind_int(1, book.author);
            assert!(author.step());
            let row = author.author(0);
            author.reset();
            (book, row)
        };
        books.all(Statement::book).into_iter().map(with_author).collect::<Vec<_>>()
    });
    probe.sum(|sum| {
        sum.all(&rows, |sum, (book, author)| {
            book.sum(sum);
            author.sum(sum);
        });
    });
}

/// Takes away what was written.
fn clear(world: &World) {
    world.floor.run(&format!("DELETE FROM book WHERE id > {}", world.size.books));
}

fn written(world: &World, sum: &mut Sum) {
    sum.all(books(&world.floor, "").all(Statement::book), |sum, row| row.sum(sum));
}

fn insert_all(world: &mut World, probe: &mut Probe, books: &[Fields], clears: bool) {
    clear(world);
    let statement = world.floor.prepare(INSERT);
    let keys = probe.time(|| {
        world.floor.run("BEGIN IMMEDIATE");
        let mut keys = Vec::with_capacity(books.len());
        for book in books {
            statement.bind_new(book);
            statement.run();
            keys.push(world.floor.rowid());
        }
        world.floor.run("COMMIT");
        keys
    });
    assert_eq!(keys.len(), books.len());
    probe.sum(|sum| written(world, sum));
    if clears {
        clear(world);
    }
}

pub fn bulk_insert(world: &mut World, probe: &mut Probe) {
    let books = data::new_books(world.size.new, world.size);
    insert_all(world, probe, &books, true);
}

pub fn bulk_create(world: &mut World, probe: &mut Probe) {
    let books = data::new_books(world.size.bulk, world.size);
    insert_all(world, probe, &books, true);
}

fn update_all(world: &World, probe: &mut Probe, changes: &[(i64, f64, String)]) {
    let statement = world.floor.prepare(UPDATE);
    probe.time(|| {
        world.floor.run("BEGIN IMMEDIATE");
        for (key, price, title) in changes {
            statement.bind_real(1, *price);
            statement.bind_text(2, title);
            statement.bind_int(3, *key);
            statement.run();
        }
        world.floor.run("COMMIT");
    });
    probe.sum(|sum| written(world, sum));
}

pub fn bulk_update(world: &mut World, probe: &mut Probe) {
    let changes = data::changes(world.size.books / 4, 4, probe.round);
    update_all(world, probe, &changes);
}

pub fn bulk_update_many(world: &mut World, probe: &mut Probe) {
    insert_all(world, &mut Probe::new(false, 0), &data::new_books(world.size.bulk, world.size), false);
    update_all(world, probe, &data::many_changes(world.size, probe.round));
    clear(world);
}

pub fn insert_one(world: &mut World, probe: &mut Probe) {
    clear(world);
    world.floor.run("PRAGMA synchronous = OFF");
    let books = data::new_books(world.size.new / 5, world.size);
    let statement = world.floor.prepare(INSERT);
    probe.time(|| {
        for book in &books {
            statement.bind_new(book);
            statement.run();
        }
    });
    world.floor.run("PRAGMA synchronous = NORMAL");
    probe.sum(|sum| written(world, sum));
    clear(world);
}

pub fn values2(world: &mut World, probe: &mut Probe) {
    let statement = world.floor.prepare("SELECT id,title FROM book");
    let rows = probe.time(|| statement.all(|row| (row.int(0), row.text(1))));
    probe.sum(|sum| {
        sum.all(&rows, |sum, (id, title)| {
            sum.int(*id);
            sum.text(title);
        });
    });
}

pub fn count_filtered(world: &mut World, probe: &mut Probe) {
    let statement = world.floor.prepare("SELECT count(*) FROM book WHERE price > ?");
    let counts = probe.time(|| {
        let count = |price: &f64| {
            statement.bind_real(1, *price);
            statement.step();
            let count = statement.int(0);
            statement.reset();
            count
        };
        world.prices.iter().map(count).collect::<Vec<_>>()
    });
    probe.sum(|sum| sum.all(&counts, |sum, count| sum.int(*count)));
}

pub fn iter(world: &mut World, probe: &mut Probe) {
    let statement = books(&world.floor, "");
    let pages = probe.time(|| {
        let mut pages = 0;
        while statement.step() {
            let book = statement.book();
            pages += book.pages + book.summary.len() as i64;
        }
        statement.reset();
        pages
    });
    probe.sum(|sum| sum.int(pages));
}
