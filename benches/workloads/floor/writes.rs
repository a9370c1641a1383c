//! Rows written: the prepared statement in a loop, in one transaction.

use super::super::data::{self, Fields};
use super::super::measure::{Probe, Sum};
use super::super::raw::Statement;
use super::super::world::{self, World};
use super::{book, books};

pub const INSERT: &str =
    "INSERT INTO book(title,author_id,publisher_id,published,price,pages,summary) VALUES (?,?,?,?,?,?,?)";
pub const UPDATE: &str = "UPDATE book SET price=?1, title=?2 WHERE id=?3";

#[inline(always)]
fn bind(statement: Statement, book: &Fields) {
    statement.bind_text(1, &book.title);
    statement.bind_int(2, book.author);
    match book.publisher {
        Some(key) => statement.bind_int(3, key),
        None => statement.bind_null(3),
    }
    statement.bind_text(4, &book.published);
    statement.bind_real(5, book.price);
    statement.bind_int(6, book.pages);
    statement.bind_text(7, &book.summary);
}

/// Takes away what was written.
fn clear(world: &World) {
    world.floor.run(&format!("DELETE FROM book WHERE id > {}", world.size.books));
}

fn written(world: &World, sum: &mut Sum) {
    sum.all(books(&world.floor, "").all(book), |sum, row| row.sum(sum));
}

/// Inserts rows that are there, and returns their keys.
fn insert_all(world: &World, probe: &mut Probe, books: &[Fields]) -> Vec<i64> {
    let statement = world.floor.prepare(INSERT);
    probe.time(|| {
        world.floor.run("BEGIN IMMEDIATE");
        let mut keys = Vec::with_capacity(books.len());
        for book in books {
            bind(statement, book);
            statement.run();
            keys.push(world.floor.rowid());
        }
        world.floor.run("COMMIT");
        keys
    })
}

fn insert(world: &World, probe: &mut Probe, count: i64) {
    clear(world);
    let books = data::new_books(count, world.size);
    let keys = insert_all(world, probe, &books);
    probe.sum(|sum| {
        world::returned(sum, &keys, &books);
        written(world, sum);
    });
    clear(world);
}

pub fn bulk_insert(world: &mut World, probe: &mut Probe) {
    insert(world, probe, world.size.new);
}

pub fn bulk_create(world: &mut World, probe: &mut Probe) {
    insert(world, probe, world.size.bulk);
}

/// Without their keys.
pub fn bulk_create_execute(world: &mut World, probe: &mut Probe) {
    clear(world);
    let books = data::new_books(world.size.bulk, world.size);
    let statement = world.floor.prepare(INSERT);
    probe.time(|| {
        world.floor.run("BEGIN IMMEDIATE");
        for book in &books {
            bind(statement, book);
            statement.run();
        }
        world.floor.run("COMMIT");
    });
    probe.sum(|sum| {
        sum.int(books.len() as i64);
        written(world, sum);
    });
    clear(world);
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
    probe.sum(|sum| {
        sum.int(changes.len() as i64);
        written(world, sum);
    });
}

pub fn bulk_update(world: &mut World, probe: &mut Probe) {
    let changes = data::changes(world.size.books / 4, 4, probe.round);
    update_all(world, probe, &changes);
}

pub fn bulk_update_many(world: &mut World, probe: &mut Probe) {
    clear(world);
    insert_all(world, &mut Probe::new(false, 0), &data::new_books(world.size.bulk, world.size));
    update_all(world, probe, &data::many_changes(world.size, probe.round));
    clear(world);
}

pub fn insert_one(world: &mut World, probe: &mut Probe) {
    clear(world);
    world.floor.run("PRAGMA synchronous = OFF");
    let books = data::new_books(world.size.new / 5, world.size);
    let statement = world.floor.prepare(INSERT);
    let keys = probe.time(|| {
        let one = |book: &Fields| {
            bind(statement, book);
            statement.run();
            world.floor.rowid()
        };
        books.iter().map(one).collect::<Vec<_>>()
    });
    world.floor.run("PRAGMA synchronous = NORMAL");
    probe.sum(|sum| {
        world::returned(sum, &keys, &books);
        written(world, sum);
    });
    clear(world);
}
