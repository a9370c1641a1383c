//! Careful rusqlite: `prepare_cached`, columns by number, one statement for a relation.

use std::collections::HashMap;

use rusqlite::{Connection, Result, Row, params, params_from_iter};

use super::data::{self, Fields};
use super::floor::{BOOK, INSERT, JOIN, UPDATE};
use super::measure::{Probe, Sum};
use super::world::{Plain, PlainAuthor, PlainPublisher, PlainReview, PlainTag, World};

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

fn author(row: &Row<'_>, at: usize) -> Result<PlainAuthor> {
    Ok(PlainAuthor { id: row.get(at)?, name: row.get(at + 1)?, country: row.get(at + 2)?, bio: row.get(at + 3)? })
}

fn books(connection: &Connection) -> Result<Vec<Plain>> {
    connection.prepare_cached(&format!("SELECT {BOOK} FROM book b"))?.query_map([], book)?.collect()
}

fn places(keys: &[i64]) -> HashMap<i64, usize> {
    keys.iter().enumerate().map(|(place, key)| (*key, place)).collect()
}

fn in_keys(
    connection: &Connection,
    start: &str,
    keys: &[i64],
    mut each: impl FnMut(&Row<'_>) -> Result<()>,
) -> Result<()> {
    // SQLite has room for 32,766 binds.
    for keys in keys.chunks(30_000) {
        let marks = "?,".repeat(keys.len());
        let sql = format!("{start} IN ({})", marks.trim_end_matches(','));
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(keys))?;
        while let Some(row) = rows.next()? {
            each(row)?;
        }
    }
    Ok(())
}

pub fn load_all(world: &mut World, probe: &mut Probe) {
    let rows = probe.time(|| books(&world.hand).unwrap());
    probe.sum(|sum| sum.all(&rows, |sum, row| row.sum(sum)));
}

pub fn get_by_pk(world: &mut World, probe: &mut Probe) {
    const ONE: &str = "SELECT b.id,b.title,b.author_id,b.publisher_id,b.published,b.price,b.pages,b.summary FROM book b \
                       WHERE b.id=?";
    let rows = probe.time(|| {
        let one = |key: &i64| world.hand.prepare_cached(ONE)?.query_row([key], book);
        world.keys.iter().map(one).collect::<Result<Vec<_>>>().unwrap()
    });
    probe.sum(|sum| sum.all(&rows, |sum, row| row.sum(sum)));
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
    probe.sum(|sum| sum.all(rows.iter().flatten(), |sum, row| row.sum(sum)));
}

pub fn join_eager(world: &mut World, probe: &mut Probe) {
    let rows = probe.time(|| {
        let mut statement = world.hand.prepare_cached(&format!("SELECT {BOOK}{JOIN}")).unwrap();
        let rows = statement.query_map([], |row| {
            let publisher = match row.get::<_, Option<i64>>(12)? {
                None => None,
                Some(id) => Some(PlainPublisher { id, name: row.get(13)?, city: row.get(14)? }),
            };
            Ok((book(row)?, author(row, 8)?, publisher))
        });
        rows.unwrap().collect::<Result<Vec<_>>>().unwrap()
    });
    probe.sum(|sum| {
        sum.all(&rows, |sum, (book, author, publisher)| {
            book.sum(sum);
            author.sum(sum);
            publisher.iter().for_each(|publisher| publisher.sum(sum));
        });
    });
}

fn authors(connection: &Connection) -> Result<Vec<(PlainAuthor, Vec<Plain>)>> {
    let mut statement = connection.prepare_cached("SELECT id,name,country,bio FROM author")?;
    statement.query_map([], |row| Ok((author(row, 0)?, Vec::new())))?.collect()
}

pub fn prefetch_fk(world: &mut World, probe: &mut Probe) {
    let rows = probe.time(|| {
        let mut rows = authors(&world.hand).unwrap();
        let keys: Vec<i64> = rows.iter().map(|(author, _)| author.id).collect();
        let places = places(&keys);
        let start = format!("SELECT {BOOK} FROM book b WHERE b.author_id");
        in_keys(&world.hand, &start, &keys, |row| {
            let book = book(row)?;
            rows[places[&book.author]].1.push(book);
            Ok(())
        })
        .unwrap();
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
    let end = world.size.books / 4;
    let rows = probe.time(|| {
        let mut statement = world.hand.prepare_cached(&format!("SELECT {BOOK} FROM book b WHERE b.id<=?")).unwrap();
        let rows = statement.query_map([end], |row| Ok((book(row)?, Vec::new()))).unwrap();
        let mut rows: Vec<(Plain, Vec<PlainTag>)> = rows.collect::<Result<_>>().unwrap();
        let keys: Vec<i64> = rows.iter().map(|(book, _)| book.id).collect();
        let places = places(&keys);
        let start = "SELECT bt.book_id,t.id,t.name FROM book_tag bt CROSS JOIN tag t ON t.id=bt.tag_id \
                     WHERE bt.book_id";
        in_keys(&world.hand, start, &keys, |row| {
            let tag = PlainTag { id: row.get(1)?, name: row.get(2)? };
            rows[places[&row.get::<_, i64>(0)?]].1.push(tag);
            Ok(())
        })
        .unwrap();
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
    let rows = probe.time(|| {
        let authors = authors(&world.hand).unwrap();
        let mut rows: Vec<(PlainAuthor, Vec<(Plain, Vec<PlainReview>)>)> =
            authors.into_iter().map(|(author, _)| (author, Vec::new())).collect();
        let keys: Vec<i64> = rows.iter().map(|(author, _)| author.id).collect();
        let of_author = places(&keys);
        let mut keys = Vec::new();
        let mut of_book: HashMap<i64, (usize, usize)> = HashMap::new();
        let start = format!("SELECT {BOOK} FROM book b WHERE b.author_id");
        in_keys(&world.hand, &start, &of_author.keys().copied().collect::<Vec<_>>(), |row| {
            let book = book(row)?;
            let place = of_author[&book.author];
            keys.push(book.id);
            of_book.insert(book.id, (place, rows[place].1.len()));
            rows[place].1.push((book, Vec::new()));
            Ok(())
        })
        .unwrap();
        let start = "SELECT r.id,r.book_id,r.stars,r.body FROM review r WHERE r.book_id";
        in_keys(&world.hand, start, &keys, |row| {
            let review = PlainReview { id: row.get(0)?, book: row.get(1)?, stars: row.get(2)?, body: row.get(3)? };
            let (author, book) = of_book[&review.book];
            rows[author].1[book].1.push(review);
            Ok(())
        })
        .unwrap();
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
    let end = world.size.asked / 10;
    let rows = probe.time(|| {
        let mut statement = world.hand.prepare_cached(&format!("SELECT {BOOK} FROM book b WHERE b.id<=?")).unwrap();
        let books = statement.query_map([end], book).unwrap().collect::<Result<Vec<_>>>().unwrap();
        let with_author = |book: Plain| {
            let mut one = world.hand.prepare_cached("SELECT id,name,country,bio FROM author WHERE id=?")?;
            let author = one.query_row([book.author], |row| author(row, 0))?;
            Ok((book, author))
        };
        books.into_iter().map(with_author).collect::<Result<Vec<_>>>().unwrap()
    });
    probe.sum(|sum| {
        sum.all(&rows, |sum, (book, author)| {
            book.sum(sum);
            author.sum(sum);
        });
    });
}

fn clear(world: &World) {
    world.hand.execute_batch(&format!("DELETE FROM book WHERE id > {}", world.size.books)).unwrap();
}

fn written(world: &World, sum: &mut Sum) {
    sum.all(books(&world.hand).unwrap(), |sum, row| row.sum(sum));
}

fn insert_all(world: &mut World, probe: &mut Probe, books: &[Fields], clears: bool) {
    clear(world);
    let keys = probe.time(|| {
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

pub fn bulk_update(world: &mut World, probe: &mut Probe) {
    let changes = data::changes(world.size.books / 4, 4, probe.round);
    update_all(world, probe, &changes);
}

pub fn bulk_update_many(world: &mut World, probe: &mut Probe) {
    insert_all(world, &mut Probe::new(false, 0), &data::new_books(world.size.bulk, world.size), false);
    let changes = data::many_changes(world.size, probe.round);
    update_all(world, probe, &changes);
    clear(world);
}

fn update_all(world: &mut World, probe: &mut Probe, changes: &[(i64, f64, String)]) {
    probe.time(|| {
        let tx = world.hand.transaction().unwrap();
        {
            let mut statement = tx.prepare_cached(UPDATE).unwrap();
            for (key, price, title) in changes {
                statement.execute(params![price, title, key]).unwrap();
            }
        }
        tx.commit().unwrap();
    });
    probe.sum(|sum| written(world, sum));
}

pub fn insert_one(world: &mut World, probe: &mut Probe) {
    clear(world);
    world.hand.execute_batch("PRAGMA synchronous = OFF").unwrap();
    let books = data::new_books(world.size.new / 5, world.size);
    probe.time(|| {
        for book in &books {
            let Fields { title, author, publisher, published, price, pages, summary } = book;
            let mut statement = world.hand.prepare_cached(INSERT).unwrap();
            statement.execute(params![title, author, publisher, published, price, pages, summary]).unwrap();
        }
    });
    world.hand.execute_batch("PRAGMA synchronous = NORMAL").unwrap();
    probe.sum(|sum| written(world, sum));
    clear(world);
}

pub fn values2(world: &mut World, probe: &mut Probe) {
    let rows = probe.time(|| {
        let mut statement = world.hand.prepare_cached("SELECT id,title FROM book").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<Vec<(i64, String)>>>().unwrap()
    });
    probe.sum(|sum| {
        sum.all(&rows, |sum, (id, title)| {
            sum.int(*id);
            sum.text(title);
        });
    });
}

pub fn count_filtered(world: &mut World, probe: &mut Probe) {
    const COUNT: &str = "SELECT count(*) FROM book WHERE price > ?";
    let counts = probe.time(|| {
        let count = |price: &f64| world.hand.prepare_cached(COUNT)?.query_row([price], |row| row.get(0));
        world.prices.iter().map(count).collect::<Result<Vec<i64>>>().unwrap()
    });
    probe.sum(|sum| sum.all(&counts, |sum, count| sum.int(*count)));
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
