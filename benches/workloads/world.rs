//! What the workloads run on: one file for each of the three, and what they are asked.

use std::path::Path;

use eager_orm::prelude::*;
use rusqlite::Connection;

use super::data::{self, Fields, Size};
use super::measure::{Probe, Sum};
use super::raw::{PRAGMAS, Raw};

pub struct World {
    pub size: Size,
    pub ours: Database,
    pub floor: Raw,
    pub hand: Connection,
    pub keys: Vec<i64>,
    pub some_authors: Vec<i64>,
    pub prices: Vec<f64>,
}

impl World {
    pub fn new(folder: &Path, size: Size) -> Self {
        let template = folder.join("template.db");
        data::write(&template, size);
        let copy = |name: &str| {
            let path = folder.join(name);
            std::fs::copy(&template, &path).unwrap();
            path
        };
        let hand = Connection::open(copy("hand.db")).unwrap();
        hand.execute_batch(PRAGMAS).unwrap();
        hand.set_prepared_statement_cache_capacity(64);
        World {
            size,
            ours: Database::open(copy("ours.db")).unwrap(),
            floor: Raw::open(&copy("floor.db")),
            hand,
            keys: data::some_keys(size.asked, size.books, 42),
            some_authors: data::some_keys(size.asked / 5, size.authors, 43),
            prices: data::prices(size.asked / 10),
        }
    }
}

/// The rows as one would write them by hand.
pub struct Plain {
    pub id: i64,
    pub title: String,
    pub author: i64,
    pub publisher: Option<i64>,
    pub published: String,
    pub price: f64,
    pub pages: i64,
    pub summary: String,
}

pub struct PlainAuthor {
    pub id: i64,
    pub name: String,
    pub country: String,
    pub bio: String,
}

pub struct PlainPublisher {
    pub id: i64,
    pub name: String,
    pub city: String,
}

pub struct PlainReview {
    pub id: i64,
    pub book: i64,
    pub stars: i64,
    pub body: String,
}

pub struct PlainTag {
    pub id: i64,
    pub name: String,
}

impl Plain {
    pub fn sum(&self, sum: &mut Sum) {
        sum.int(self.id);
        sum.text(&self.title);
        sum.int(self.author);
        sum.option(self.publisher);
        sum.text(&self.published);
        sum.real(self.price);
        sum.int(self.pages);
        sum.text(&self.summary);
    }
}

impl PlainAuthor {
    pub fn sum(&self, sum: &mut Sum) {
        sum.int(self.id);
        sum.text(&self.name);
        sum.text(&self.country);
        sum.text(&self.bio);
    }
}

impl PlainPublisher {
    pub fn sum(&self, sum: &mut Sum) {
        sum.int(self.id);
        sum.text(&self.name);
        sum.text(&self.city);
    }
}

impl PlainReview {
    pub fn sum(&self, sum: &mut Sum) {
        sum.int(self.id);
        sum.int(self.book);
        sum.int(self.stars);
        sum.text(&self.body);
    }
}

impl PlainTag {
    pub fn sum(&self, sum: &mut Sum) {
        sum.int(self.id);
        sum.text(&self.name);
    }
}

/// The checksum of rows in any order.
pub fn books<'a>(probe: &mut Probe, books: impl IntoIterator<Item = &'a Plain>) {
    probe.sum(|sum| sum.all(books, |sum, book| book.sum(sum)));
}

/// Of rows that each answer a question, in the order of the questions.
pub fn found<'a>(probe: &mut Probe, books: impl IntoIterator<Item = &'a Plain>) {
    probe.sum(|sum| sum.in_order(books, |sum, book| book.sum(sum)));
}

/// Of rows in the order that the query asked for.
pub fn ordered(probe: &mut Probe, lists: &[Vec<Plain>]) {
    probe.sum(|sum| sum.in_order(lists, |sum, books| sum.in_order(books, |sum, book| book.sum(sum))));
}

/// Of books, each with its author and its publisher.
pub fn with_parents<'a>(
    probe: &mut Probe,
    rows: impl IntoIterator<Item = (&'a Plain, &'a PlainAuthor, Option<&'a PlainPublisher>)>,
) {
    probe.sum(|sum| {
        sum.all(rows, |sum, (book, author, publisher)| {
            book.sum(sum);
            author.sum(sum);
            publisher.into_iter().for_each(|publisher| publisher.sum(sum));
        });
    });
}

/// Of authors with their books.
pub fn with_books<'a, B: IntoIterator<Item = &'a Plain>>(
    probe: &mut Probe,
    rows: impl IntoIterator<Item = (&'a PlainAuthor, B)>,
) {
    probe.sum(|sum| {
        sum.all(rows, |sum, (author, books)| {
            author.sum(sum);
            sum.all(books, |sum, book| book.sum(sum));
        });
    });
}

/// Of books with their tags.
pub fn with_tags<'a, T: IntoIterator<Item = &'a PlainTag>>(
    probe: &mut Probe,
    rows: impl IntoIterator<Item = (&'a Plain, T)>,
) {
    probe.sum(|sum| {
        sum.all(rows, |sum, (book, tags)| {
            book.sum(sum);
            sum.all(tags, |sum, tag| tag.sum(sum));
        });
    });
}

/// Of authors with their books with their reviews.
pub fn with_reviews<'a, B, R>(probe: &mut Probe, rows: impl IntoIterator<Item = (&'a PlainAuthor, B)>)
where
    B: IntoIterator<Item = (&'a Plain, R)>,
    R: IntoIterator<Item = &'a PlainReview>,
{
    probe.sum(|sum| {
        sum.all(rows, |sum, (author, books)| {
            author.sum(sum);
            sum.all(books, |sum, (book, reviews)| {
                book.sum(sum);
                sum.all(reviews, |sum, review| review.sum(sum));
            });
        });
    });
}

/// Of books that were asked for the author one by one.
pub fn with_author(probe: &mut Probe, rows: &[(Plain, PlainAuthor)]) {
    probe.sum(|sum| {
        sum.all(rows, |sum, (book, author)| {
            book.sum(sum);
            author.sum(sum);
        });
    });
}

/// Of two columns.
pub fn titles(probe: &mut Probe, rows: &[(i64, String)]) {
    probe.sum(|sum| {
        sum.all(rows, |sum, (id, title)| {
            sum.int(*id);
            sum.text(title);
        });
    });
}

/// Of what came back of a write: the rows with their keys, in the order in which they were given. Beside it stands what is
/// in the table.
pub fn returned(sum: &mut Sum, keys: &[i64], books: &[Fields]) {
    assert_eq!(keys.len(), books.len());
    sum.in_order(keys.iter().zip(books), |sum, (key, book)| book.sum(*key, sum));
}
