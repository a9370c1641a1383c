//! Rows written: the prepared statement in a loop, in one transaction.

use rusqlite::params;

use super::super::data::{self, Fields};
use super::super::floor::{INSERT, UPDATE};
use super::super::measure::{Probe, Sum};
use super::super::world::{self, World};
use super::books;

/// Takes away what was written.
fn clear(world: &World) {
    world.hand.execute_batch(&format!("DELETE FROM book WHERE id > {}", world.size.books)).unwrap();
}

fn written(world: &World, sum: &mut Sum) {
    sum.all(books(&world.hand).unwrap(), |sum, row| row.sum(sum));
}

/// Inserts rows that are there, and returns their keys.
fn insert_all(world: &mut World, probe: &mut Probe, books: &[Fields]) -> Vec<i64> {
    probe.time(|| {
        let tx = world.hand.transaction().unwrap();
        let mut keys = Vec::with_capacity(books.len());
        {
            let mut statement = tx.prepare_cached(INSERT).unwrap();
            for book in books {
                let Fields { title, author, publisher, published, price, pages, summary } = book;
                statement.execute(params![title, author, publisher, published, price, pages, summary]).unwrap();
                keys.push(tx.last_insert_rowid());
            }
        }
        tx.commit().unwrap();
        keys
    })
}

fn insert(world: &mut World, probe: &mut Probe, count: i64) {
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
    probe.time(|| {
        let tx = world.hand.transaction().unwrap();
        {
            let mut statement = tx.prepare_cached(INSERT).unwrap();
            for book in &books {
                let Fields { title, author, publisher, published, price, pages, summary } = book;
                statement.execute(params![title, author, publisher, published, price, pages, summary]).unwrap();
            }
        }
        tx.commit().unwrap();
    });
    probe.sum(|sum| {
        sum.int(books.len() as i64);
        written(world, sum);
    });
    clear(world);
}

fn update_all(world: &mut World, probe: &mut Probe, changes: &[(i64, f64, String)]) {
    let count = probe.time(|| {
        let (tx, mut count) = (world.hand.transaction().unwrap(), 0);
        {
            let mut statement = tx.prepare_cached(UPDATE).unwrap();
            for (key, price, title) in changes {
                count += statement.execute(params![price, title, key]).unwrap();
            }
        }
        tx.commit().unwrap();
        count
    });
    probe.sum(|sum| {
        sum.int(count as i64);
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
    let changes = data::many_changes(world.size, probe.round);
    update_all(world, probe, &changes);
    clear(world);
}

pub fn insert_one(world: &mut World, probe: &mut Probe) {
    clear(world);
    world.hand.execute_batch("PRAGMA synchronous = OFF").unwrap();
    let books = data::new_books(world.size.new / 5, world.size);
    let keys = probe.time(|| {
        let one = |book: &Fields| {
            let Fields { title, author, publisher, published, price, pages, summary } = book;
            let mut statement = world.hand.prepare_cached(INSERT).unwrap();
            statement.insert(params![title, author, publisher, published, price, pages, summary]).unwrap()
        };
        books.iter().map(one).collect::<Vec<_>>()
    });
    world.hand.execute_batch("PRAGMA synchronous = NORMAL").unwrap();
    probe.sum(|sum| {
        world::returned(sum, &keys, &books);
        written(world, sum);
    });
    clear(world);
}
