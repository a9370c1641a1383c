//! Loading and writing, each beside the same by hand with rusqlite, in one process and on one file.
//!
//! `cargo bench --bench loading`; the two rows of a group are the ratio. Data: 1,000 authors, 20,000 books.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark stops where something is wrong")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use eager_orm::prelude::*;
use rusqlite::{Connection, params};

#[derive(Model)]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub country: Option<String>,
    pub books: HasMany<Book>,
}

#[derive(Model)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub author: ForeignKey<Author>,
    pub pages: i32,
    pub price: f64,
    pub summary: String,
}

struct RawAuthor {
    id: i64,
    name: String,
    country: Option<String>,
}

struct RawBook {
    id: i64,
    title: String,
    author_id: i64,
    pages: i32,
    price: f64,
    summary: String,
}

fn raw_author(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<RawAuthor> {
    Ok(RawAuthor { id: row.get(at)?, name: row.get(at + 1)?, country: row.get(at + 2)? })
}

fn raw_book(row: &rusqlite::Row<'_>) -> rusqlite::Result<RawBook> {
    Ok(RawBook {
        id: row.get(0)?,
        title: row.get(1)?,
        author_id: row.get(2)?,
        pages: row.get(3)?,
        price: row.get(4)?,
        summary: row.get(5)?,
    })
}

fn author_checksum(author: &RawAuthor) -> usize {
    author.id as usize + author.name.len() + author.country.as_ref().map_or(0, String::len)
}

fn book_checksum(book: &RawBook) -> usize {
    let numbers = book.id + book.author_id + i64::from(book.pages) + book.price as i64;
    numbers as usize + book.title.len() + book.summary.len()
}

fn new_books(count: i64) -> Vec<NewBook> {
    let book = |i: i64| {
        Book::create()
            .title(format!("Title number {i}"))
            .author(i % 1000 + 1)
            .pages((i % 900) as i32 + 1)
            .price(i as f64 / 7.0)
            .summary("s".repeat(300))
            .build()
    };
    (0..count).map(book).collect()
}

/// The database, and a connection of one's own to the same file.
fn library(folder: &tempfile::TempDir) -> (Database, Connection) {
    let path = folder.path().join("library.db");
    let db = Database::open(&path).unwrap();
    db.create_tables(models![Author, Book]).unwrap();
    let author = |i: i64| Author::create().name(format!("Author {i}")).country((i % 3 > 0).then_some("US"));
    Author::objects().bulk_create((1..=1000).map(author)).run(&db).unwrap();
    Book::objects().bulk_create(new_books(20_000)).run(&db).unwrap();
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON").unwrap();
    (db, raw)
}

const BOOK: &str = "b.id, b.title, b.author_id, b.pages, b.price, b.summary";

fn reads(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let (db, raw) = library(&folder);

    let mut group = c.benchmark_group("load_all");
    group.bench_function("eager-orm", |b| b.iter(|| Book::objects().all(&db).unwrap()));
    let mut statement = raw.prepare(&format!("SELECT {BOOK} FROM book b")).unwrap();
    group.bench_function("rusqlite", |b| {
        b.iter(|| statement.query_map([], raw_book).unwrap().collect::<Result<Vec<_>, _>>().unwrap());
    });
    group.finish();

    let mut group = c.benchmark_group("get_by_key");
    group.bench_function("eager-orm", |b| b.iter(|| Book::objects().find(&db, black_box(4711)).unwrap()));
    group.bench_function("eager-orm in read", |b| {
        db.read(|snapshot| {
            b.iter(|| Book::objects().find(snapshot, black_box(4711)).unwrap());
            Ok(())
        })
        .unwrap();
    });
    let mut statement = raw.prepare(&format!("SELECT {BOOK} FROM book b WHERE b.id = ?1")).unwrap();
    group.bench_function("rusqlite", |b| {
        b.iter(|| book_checksum(&statement.query_row([black_box(4711)], raw_book).unwrap()));
    });
    group.finish();

    let mut group = c.benchmark_group("select_related");
    group.bench_function("eager-orm", |b| {
        b.iter(|| Book::objects().select_related(|b| b.author()).all(&db).unwrap());
    });
    group.bench_function("eager-orm by prefetch", |b| {
        b.iter(|| Book::objects().prefetch_related(|b| b.author()).all(&db).unwrap());
    });
    let join = format!("SELECT {BOOK}, a.id, a.name, a.country FROM book b JOIN author a ON a.id = b.author_id");
    let mut statement = raw.prepare(&join).unwrap();
    group.bench_function("rusqlite", |b| {
        b.iter(|| {
            let rows = statement.query_map([], |row| Ok((raw_book(row)?, raw_author(row, 6)?))).unwrap();
            rows.collect::<Result<Vec<_>, _>>().unwrap()
        });
    });
    group.finish();

    let mut group = c.benchmark_group("prefetch_has_many");
    group.bench_function("eager-orm", |b| {
        b.iter(|| Author::objects().prefetch_related(|a| a.books()).all(&db).unwrap());
    });
    let mut authors = raw.prepare("SELECT id, name, country FROM author").unwrap();
    let mut books = raw.prepare(&format!("SELECT {BOOK} FROM book b WHERE b.author_id BETWEEN 1 AND 1000")).unwrap();
    group.bench_function("rusqlite", |b| {
        b.iter(|| {
            let rows = authors.query_map([], |row| Ok((raw_author(row, 0)?, Vec::new()))).unwrap();
            let mut loaded: Vec<(RawAuthor, Vec<RawBook>)> = rows.collect::<Result<_, _>>().unwrap();
            let places: std::collections::HashMap<i64, usize> =
                loaded.iter().enumerate().map(|(place, (author, _))| (author.id, place)).collect();
            for book in books.query_map([], raw_book).unwrap() {
                let book = book.unwrap();
                loaded[places[&book.author_id]].1.push(book);
            }
            loaded.iter().map(|(author, _)| author_checksum(author)).sum::<usize>()
        });
    });
    group.finish();
}

fn writes(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let (db, mut raw) = library(&folder);

    let mut group = c.benchmark_group("bulk_create 10,000");
    group.sample_size(20);
    group.bench_function("eager-orm", |b| {
        b.iter_with_setup(|| new_books(10_000), |books| Book::objects().bulk_create(books).run(&db).unwrap());
    });
    let insert = "INSERT INTO book (id, title, author_id, pages, price, summary) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    group.bench_function("rusqlite", |b| {
        b.iter_with_setup(
            || new_books(10_000),
            |books| {
                let tx = raw.transaction().unwrap();
                let mut statement = tx.prepare(insert).unwrap();
                let mut keys = Vec::with_capacity(books.len());
                for book in &books {
                    let NewBook { id, title, author, pages, price, summary } = book;
                    statement.execute(params![id, title, author, pages, price, summary]).unwrap();
                    keys.push(tx.last_insert_rowid());
                }
                drop(statement);
                tx.commit().unwrap();
                (books, keys)
            },
        );
    });
    group.finish();
}

criterion_group!(loading, reads, writes);
criterion_main!(loading);
