//! What the workloads run on: one file for each of the three, and what they are asked.

use std::path::Path;

use eager_orm::prelude::*;
use rusqlite::Connection;

use super::data::{self, PRAGMAS, Size};
use super::floor::Floor;
use super::measure::Sum;

pub struct World {
    pub size: Size,
    pub ours: Database,
    pub floor: Floor,
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
            floor: Floor::open(&copy("floor.db")),
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
