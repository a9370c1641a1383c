//! The workloads in careful rusqlite: `prepare_cached`, columns by number, one statement for a relation.

mod related;
mod writes;

pub use related::*;
pub use writes::*;

use rusqlite::{Connection, Result, Row};

use super::floor::BOOK;
use super::measure::Probe;
use super::world::{self, Plain, World};

fn book(row: &Row<'_>) -> Result<Plain> {
    Ok(Plain {
        id: row.get(0)?,
        title: row.get(1)?,
        author: row.get(2)?,
        publisher: row.get(3)?,
        published: row.get(4)?,
        price: row.get(5)?,
        pages: row.get(6)?,
        summary: row.get(7)?,
    })
}

fn books(connection: &Connection) -> Result<Vec<Plain>> {
    connection.prepare_cached(&format!("SELECT {BOOK} FROM book b"))?.query_map([], book)?.collect()
}

pub fn load_all(world: &mut World, probe: &mut Probe) {
    let rows = probe.time(|| books(&world.hand).unwrap());
    world::books(probe, &rows);
}

pub fn get_by_pk(world: &mut World, probe: &mut Probe) {
    const ONE: &str = "SELECT b.id,b.title,b.author_id,b.publisher_id,b.published,b.price,b.pages,b.summary FROM book b \
                       WHERE b.id=?";
    let rows = probe.time(|| {
        let one = |key: &i64| world.hand.prepare_cached(ONE)?.query_row([key], book);
        world.keys.iter().map(one).collect::<Result<Vec<_>>>().unwrap()
    });
    world::found(probe, &rows);
}

pub fn get_by_pk_in_read(world: &mut World, probe: &mut Probe) {
    world.hand.execute_batch("BEGIN").unwrap();
    get_by_pk(world, probe);
    world.hand.execute_batch("COMMIT").unwrap();
}

pub fn filter_small(world: &mut World, probe: &mut Probe) {
    const SOME: &str = "SELECT b.id,b.title,b.author_id,b.publisher_id,b.published,b.price,b.pages,b.summary FROM book b \
                        WHERE b.author_id=? ORDER BY b.published DESC LIMIT 10";
    let rows = probe.time(|| {
        let some = |key: &i64| world.hand.prepare_cached(SOME)?.query_map([key], book)?.collect();
        world.some_authors.iter().map(some).collect::<Result<Vec<Vec<Plain>>>>().unwrap()
    });
    world::ordered(probe, &rows);
}

pub fn values2(world: &mut World, probe: &mut Probe) {
    let rows = probe.time(|| {
        let mut statement = world.hand.prepare_cached("SELECT id,title FROM book").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<Vec<(i64, String)>>>().unwrap()
    });
    world::titles(probe, &rows);
}

pub fn count_filtered(world: &mut World, probe: &mut Probe) {
    const COUNT: &str = "SELECT count(*) FROM book WHERE price > ?";
    let counts = probe.time(|| {
        let count = |price: &f64| world.hand.prepare_cached(COUNT)?.query_row([price], |row| row.get(0));
        world.prices.iter().map(count).collect::<Result<Vec<i64>>>().unwrap()
    });
    probe.sum(|sum| sum.in_order(&counts, |sum, count| sum.int(*count)));
}

pub fn iter(world: &mut World, probe: &mut Probe) {
    let pages = probe.time(|| {
        let mut statement = world.hand.prepare_cached(&format!("SELECT {BOOK} FROM book b")).unwrap();
        let mut rows = statement.query([]).unwrap();
        let mut pages = 0;
        while let Some(row) = rows.next().unwrap() {
            let book = book(row).unwrap();
            pages += book.pages + book.summary.len() as i64;
        }
        pages
    });
    probe.sum(|sum| sum.int(pages));
}
