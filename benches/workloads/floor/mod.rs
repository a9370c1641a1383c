//! The workloads on the floor: SQLite's C interface, called directly.

mod related;
mod writes;

pub use related::*;
pub use writes::*;

use super::measure::Probe;
use super::raw::{Raw, Statement};
use super::world::{self, Plain, World};

pub const BOOK: &str = "b.id,b.title,b.author_id,b.publisher_id,b.published,b.price,b.pages,b.summary";

#[inline(always)]
fn book(row: Statement) -> Plain {
    Plain {
        id: row.int(0),
        title: row.text(1),
        author: row.int(2),
        publisher: row.option(3),
        published: row.text(4),
        price: row.real(5),
        pages: row.int(6),
        summary: row.text(7),
    }
}

fn books(raw: &Raw, rest: &str) -> Statement {
    raw.prepare(&format!("SELECT {BOOK} FROM book b{rest}"))
}

pub fn load_all(world: &mut World, probe: &mut Probe) {
    let statement = books(&world.floor, "");
    let rows = probe.time(|| statement.all(book));
    world::books(probe, &rows);
}

pub fn get_by_pk(world: &mut World, probe: &mut Probe) {
    let statement = books(&world.floor, " WHERE b.id=?");
    let rows = probe.time(|| {
        let one = |key: &i64| {
            statement.bind_int(1, *key);
            assert!(statement.step());
            let row = book(statement);
            statement.reset();
            row
        };
        world.keys.iter().map(one).collect::<Vec<_>>()
    });
    world::found(probe, &rows);
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
            statement.all(book)
        };
        world.some_authors.iter().map(some).collect::<Vec<_>>()
    });
    world::ordered(probe, &rows);
}

pub fn values2(world: &mut World, probe: &mut Probe) {
    let statement = world.floor.prepare("SELECT id,title FROM book");
    let rows = probe.time(|| statement.all(|row| (row.int(0), row.text(1))));
    world::titles(probe, &rows);
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
    probe.sum(|sum| sum.in_order(&counts, |sum, count| sum.int(*count)));
}

pub fn iter(world: &mut World, probe: &mut Probe) {
    let statement = books(&world.floor, "");
    let pages = probe.time(|| {
        let mut pages = 0;
        while statement.step() {
            let book = book(statement);
            pages += book.pages + book.summary.len() as i64;
        }
        statement.reset();
        pages
    });
    probe.sum(|sum| sum.int(pages));
}
