//! Rows with what belongs to them, each in two forms: by the statement one thinks of first (a JOIN, lists of keys), and the
//! way ours goes (whole tables read through, what is shared decoded once; of a many-to-many, which ours reads as a JOIN, the links and each tag).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use rusqlite::{Connection, Result, Row, params_from_iter};

use super::super::floor::{AUTHORS, BOOK, JOIN, REVIEWS};
use super::super::measure::Probe;
use super::super::raw::{ByParent, Places};
use super::super::world::{self, Plain, PlainAuthor, PlainPublisher, PlainReview, PlainTag, World};
use super::{book, books};

fn author(row: &Row<'_>, at: usize) -> Result<PlainAuthor> {
    Ok(PlainAuthor { id: row.get(at)?, name: row.get(at + 1)?, country: row.get(at + 2)?, bio: row.get(at + 3)? })
}

fn publisher(row: &Row<'_>, at: usize) -> Result<PlainPublisher> {
    Ok(PlainPublisher { id: row.get(at)?, name: row.get(at + 1)?, city: row.get(at + 2)? })
}

fn review(row: &Row<'_>) -> Result<PlainReview> {
    Ok(PlainReview { id: row.get(0)?, book: row.get(1)?, stars: row.get(2)?, body: row.get(3)? })
}

fn places(keys: impl Iterator<Item = i64>) -> HashMap<i64, usize> {
    keys.enumerate().map(|(place, key)| (key, place)).collect()
}

fn in_keys(
    connection: &Connection,
    start: &str,
    keys: impl ExactSizeIterator<Item = i64>,
    mut each: impl FnMut(&Row<'_>) -> Result<()>,
) -> Result<()> {
    // SQLite has room for 32,766 binds, which is more than there are keys.
    let marks = "?,".repeat(keys.len());
    let sql = format!("{start} IN ({})", marks.trim_end_matches(','));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(keys))?;
    while let Some(row) = rows.next()? {
        each(row)?;
    }
    Ok(())
}

/// The value of a key: what was made of it before, or what is made now.
fn shared<T>(known: &mut HashMap<i64, Rc<T>>, key: i64, make: impl FnOnce() -> Result<T>) -> Result<Rc<T>> {
    Ok(match known.entry(key) {
        Entry::Occupied(entry) => Rc::clone(entry.get()),
        Entry::Vacant(entry) => Rc::clone(entry.insert(Rc::new(make()?))),
    })
}

pub fn join_eager(world: &mut World, probe: &mut Probe) {
    let rows = probe.time(|| {
        let mut statement = world.hand.prepare_cached(&format!("SELECT {BOOK}{JOIN}")).unwrap();
        let rows = statement.query_map([], |row| {
            let publisher = row.get::<_, Option<i64>>(12)?.map(|_| publisher(row, 12)).transpose()?;
            Ok((book(row)?, author(row, 8)?, publisher))
        });
        rows.unwrap().collect::<Result<Vec<_>>>().unwrap()
    });
    world::with_parents(probe, rows.iter().map(|(book, author, publisher)| (book, author, publisher.as_ref())));
}

type WithParents = (Plain, Rc<PlainAuthor>, Option<Rc<PlainPublisher>>);

fn sum_shared(probe: &mut Probe, rows: &[WithParents]) {
    world::with_parents(probe, rows.iter().map(|(book, author, publisher)| (book, &**author, publisher.as_deref())));
}

/// One JOIN, of which each author and publisher is decoded once.
pub fn join_shared(world: &mut World, probe: &mut Probe) {
    let load = || -> Result<Vec<WithParents>> {
        let (mut authors, mut publishers) = (HashMap::new(), HashMap::new());
        let mut statement = world.hand.prepare_cached(&format!("SELECT {BOOK}{JOIN}"))?;
        let rows = statement.query_map([], |row| {
            let author = shared(&mut authors, row.get(8)?, || author(row, 8))?;
            let publisher = match row.get(12)? {
                Some(key) => Some(shared(&mut publishers, key, || publisher(row, 12))?),
                None => None,
            };
            Ok((book(row)?, author, publisher))
        })?;
        rows.collect()
    };
    let rows = probe.time(|| load().unwrap());
    sum_shared(probe, &rows);
}

/// The books, then the authors they have, then their publishers.
pub fn join_in_three(world: &mut World, probe: &mut Probe) {
    let load = || -> Result<Vec<WithParents>> {
        let books = books(&world.hand)?;
        let mut keys: Vec<i64> = books.iter().map(|book| book.author).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut authors = HashMap::with_capacity(keys.len());
        in_keys(&world.hand, &format!("{AUTHORS} WHERE id"), keys.into_iter(), |row| {
            let author = author(row, 0)?;
            authors.insert(author.id, Rc::new(author));
            Ok(())
        })?;
        let mut keys: Vec<i64> = books.iter().filter_map(|book| book.publisher).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut publishers = HashMap::with_capacity(keys.len());
        in_keys(&world.hand, "SELECT id,name,city FROM publisher WHERE id", keys.into_iter(), |row| {
            let publisher = publisher(row, 0)?;
            publishers.insert(publisher.id, Rc::new(publisher));
            Ok(())
        })?;
        let with_parents = |book: Plain| {
            let author = Rc::clone(&authors[&book.author]);
            let publisher = book.publisher.map(|key| Rc::clone(&publishers[&key]));
            (book, author, publisher)
        };
        Ok(books.into_iter().map(with_parents).collect())
    };
    let rows = probe.time(|| load().unwrap());
    sum_shared(probe, &rows);
}

fn authors<T: Default>(connection: &Connection) -> Result<Vec<(PlainAuthor, T)>> {
    let mut statement = connection.prepare_cached(AUTHORS)?;
    statement.query_map([], |row| Ok((author(row, 0)?, T::default())))?.collect()
}

fn all_authors(connection: &Connection) -> Result<Vec<PlainAuthor>> {
    connection.prepare_cached(AUTHORS)?.query_map([], |row| author(row, 0))?.collect()
}

type WithBooks = (PlainAuthor, Vec<Plain>);

pub fn prefetch_fk(world: &mut World, probe: &mut Probe) {
    let load = || -> Result<Vec<WithBooks>> {
        let mut rows: Vec<WithBooks> = authors(&world.hand)?;
        let keys: Vec<i64> = rows.iter().map(|(author, _)| author.id).collect();
        let places = places(keys.iter().copied());
        let start = format!("SELECT {BOOK} FROM book b WHERE b.author_id");
        in_keys(&world.hand, &start, keys.into_iter(), |row| {
            let book = book(row)?;
            rows[places[&book.author]].1.push(book);
            Ok(())
        })?;
        Ok(rows)
    };
    let rows = probe.time(|| load().unwrap());
    world::with_books(probe, rows.iter().map(|(author, books)| (author, books)));
}

/// All rows of a statement, by the places of the keys that `key` finds in them.
fn all_by_parent<T>(
    connection: &Connection,
    sql: &str,
    keys: impl ExactSizeIterator<Item = i64>,
    read: fn(&Row<'_>) -> Result<T>,
    key: fn(&T) -> i64,
) -> Result<ByParent<T>> {
    let parents = keys.len();
    let (mut of, mut places, mut rows) = (Places::new(keys), Vec::new(), Vec::new());
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let row = read(row)?;
        places.push(of.of(key(&row)) as u32);
        rows.push(row);
    }
    Ok(ByParent::new(rows, &places, parents))
}

fn all_books(connection: &Connection, authors: &[PlainAuthor]) -> Result<ByParent<Plain>> {
    let (sql, keys) = (format!("SELECT {BOOK} FROM book b"), authors.iter().map(|author| author.id));
    all_by_parent(connection, &sql, keys, book, |book| book.author)
}

/// Both tables as they are, and the books put by their authors.
pub fn prefetch_fk_through(world: &mut World, probe: &mut Probe) {
    let load = || -> Result<_> {
        let authors = all_authors(&world.hand)?;
        let books = all_books(&world.hand, &authors)?;
        Ok((authors, books))
    };
    let (authors, books) = probe.time(|| load().unwrap());
    world::with_books(probe, authors.iter().enumerate().map(|(place, author)| (author, books.of(place))));
}

fn some_books<T: Default>(world: &World) -> Result<Vec<(Plain, T)>> {
    let mut statement = world.hand.prepare_cached(&format!("SELECT {BOOK} FROM book b WHERE b.id<=?"))?;
    statement.query_map([world.size.books / 4], |row| Ok((book(row)?, T::default())))?.collect()
}

pub fn prefetch_m2m(world: &mut World, probe: &mut Probe) {
    let load = || -> Result<Vec<(Plain, Vec<PlainTag>)>> {
        let mut rows: Vec<(Plain, Vec<PlainTag>)> = some_books(world)?;
        let keys: Vec<i64> = rows.iter().map(|(book, _)| book.id).collect();
        let places = places(keys.iter().copied());
        let start = "SELECT bt.book_id,t.id,t.name FROM book_tag bt CROSS JOIN tag t ON t.id=bt.tag_id \
                     WHERE bt.book_id";
        in_keys(&world.hand, start, keys.into_iter(), |row| {
            let tag = PlainTag { id: row.get(1)?, name: row.get(2)? };
            rows[places[&row.get::<_, i64>(0)?]].1.push(tag);
            Ok(())
        })?;
        Ok(rows)
    };
    let rows = probe.time(|| load().unwrap());
    world::with_tags(probe, rows.iter().map(|(book, tags)| (book, tags)));
}

/// The links with their tags, of which each is decoded once.
pub fn prefetch_m2m_shared(world: &mut World, probe: &mut Probe) {
    let load = || -> Result<Vec<(Plain, Vec<Rc<PlainTag>>)>> {
        let mut rows: Vec<(Plain, Vec<Rc<PlainTag>>)> = some_books(world)?;
        let keys: Vec<i64> = rows.iter().map(|(book, _)| book.id).collect();
        let places = places(keys.iter().copied());
        let (mut linked, mut tags) = (Vec::new(), HashMap::new());
        in_keys(&world.hand, "SELECT book_id,tag_id FROM book_tag WHERE book_id", keys.into_iter(), |row| {
            linked.push((places[&row.get::<_, i64>(0)?], row.get::<_, i64>(1)?));
            Ok(())
        })?;
        let mut keys: Vec<i64> = linked.iter().map(|(_, tag)| *tag).collect();
        keys.sort_unstable();
        keys.dedup();
        in_keys(&world.hand, "SELECT id,name FROM tag WHERE id", keys.into_iter(), |row| {
            let tag = PlainTag { id: row.get(0)?, name: row.get(1)? };
            tags.insert(tag.id, Rc::new(tag));
            Ok(())
        })?;
        for (book, tag) in linked {
            rows[book].1.push(Rc::clone(&tags[&tag]));
        }
        Ok(rows)
    };
    let rows = probe.time(|| load().unwrap());
    world::with_tags(probe, rows.iter().map(|(book, tags)| (book, tags.iter().map(|tag| &**tag))));
}

type WithReviews = (PlainAuthor, Vec<(Plain, Vec<PlainReview>)>);

fn sum_nested(probe: &mut Probe, rows: &[WithReviews]) {
    let rows = rows.iter();
    world::with_reviews(
        probe,
        rows.map(|(author, books)| (author, books.iter().map(|(book, reviews)| (book, reviews)))),
    );
}

pub fn prefetch_nested(world: &mut World, probe: &mut Probe) {
    let load = || -> Result<Vec<WithReviews>> {
        let mut rows: Vec<WithReviews> = authors(&world.hand)?;
        let keys: Vec<i64> = rows.iter().map(|(author, _)| author.id).collect();
        let of_author = places(keys.iter().copied());
        let (mut books, mut of_book) = (Vec::new(), HashMap::new());
        let start = format!("SELECT {BOOK} FROM book b WHERE b.author_id");
        in_keys(&world.hand, &start, keys.into_iter(), |row| {
            let book = book(row)?;
            let place = of_author[&book.author];
            books.push(book.id);
            of_book.insert(book.id, (place, rows[place].1.len()));
            rows[place].1.push((book, Vec::new()));
            Ok(())
        })?;
        in_keys(&world.hand, &format!("{REVIEWS} WHERE r.book_id"), books.into_iter(), |row| {
            let review = review(row)?;
            let (author, book) = of_book[&review.book];
            rows[author].1[book].1.push(review);
            Ok(())
        })?;
        Ok(rows)
    };
    let rows = probe.time(|| load().unwrap());
    sum_nested(probe, &rows);
}

/// The three tables as they are, and what belongs together put side by side.
pub fn prefetch_nested_through(world: &mut World, probe: &mut Probe) {
    let load = || -> Result<_> {
        let authors = all_authors(&world.hand)?;
        let books = all_books(&world.hand, &authors)?;
        let keys = books.rows.iter().map(|book| book.id);
        let reviews = all_by_parent(&world.hand, REVIEWS, keys, review, |review| review.book)?;
        Ok((authors, books, reviews))
    };
    let (authors, books, reviews) = probe.time(|| load().unwrap());
    let with_reviews = |place| books.range(place).map(|at| (&books.rows[at], reviews.of(at)));
    let rows = authors.iter().enumerate().map(|(place, author)| (author, with_reviews(place)));
    world::with_reviews(probe, rows);
}

pub fn nplus1(world: &mut World, probe: &mut Probe) {
    let end = world.size.asked / 10;
    let load = || -> Result<Vec<(Plain, PlainAuthor)>> {
        let mut statement = world.hand.prepare_cached(&format!("SELECT {BOOK} FROM book b WHERE b.id<=?"))?;
        let books = statement.query_map([end], book)?.collect::<Result<Vec<_>>>()?;
        let with_author = |book: Plain| {
            let mut one = world.hand.prepare_cached("SELECT id,name,country,bio FROM author WHERE id=?")?;
            let author = one.query_row([book.author], |row| author(row, 0))?;
            Ok((book, author))
        };
        books.into_iter().map(with_author).collect()
    };
    let rows = probe.time(|| load().unwrap());
    world::with_author(probe, &rows);
}
