//! Rows with what belongs to them, each in two forms: by the statement one thinks of first (a JOIN, lists of keys), and the
//! way ours goes (whole tables read through, what is shared decoded once; of a many-to-many, which ours reads as a JOIN, the links and each tag).

use super::super::measure::Probe;
use super::super::raw::{ByParent, Places, Raw, Statement};
use super::super::world::{self, Plain, PlainAuthor, PlainPublisher, PlainReview, PlainTag, World};
use super::{BOOK, book, books};

pub const JOIN: &str = ",a.id,a.name,a.country,a.bio,p.id,p.name,p.city FROM book b JOIN author a ON a.id=b.author_id \
                        LEFT JOIN publisher p ON p.id=b.publisher_id";
pub const AUTHORS: &str = "SELECT id,name,country,bio FROM author";
pub const REVIEWS: &str = "SELECT r.id,r.book_id,r.stars,r.body FROM review r";

#[inline(always)]
fn author(row: Statement, at: i32) -> PlainAuthor {
    PlainAuthor { id: row.int(at), name: row.text(at + 1), country: row.text(at + 2), bio: row.text(at + 3) }
}

#[inline(always)]
fn publisher(row: Statement, at: i32) -> PlainPublisher {
    PlainPublisher { id: row.int(at), name: row.text(at + 1), city: row.text(at + 2) }
}

#[inline(always)]
fn review(row: Statement) -> PlainReview {
    PlainReview { id: row.int(0), book: row.int(1), stars: row.int(2), body: row.text(3) }
}

pub fn join_eager(world: &mut World, probe: &mut Probe) {
    let statement = world.floor.prepare(&format!("SELECT {BOOK}{JOIN}"));
    let rows = probe.time(|| {
        statement.all(|row| {
            let publisher = row.option(12).map(|_| publisher(row, 12));
            (book(row), author(row, 8), publisher)
        })
    });
    world::with_parents(probe, rows.iter().map(|(book, author, publisher)| (book, author, publisher.as_ref())));
}

/// Books, the place of the author of each, and of its publisher.
type Shared = (Vec<(Plain, u32, Option<u32>)>, Vec<PlainAuthor>, Vec<PlainPublisher>);

fn sum_shared(probe: &mut Probe, (rows, authors, publishers): &Shared) {
    world::with_parents(
        probe,
        rows.iter().map(|(book, author, publisher)| {
            (book, &authors[*author as usize], publisher.map(|place| &publishers[place as usize]))
        }),
    );
}

/// One JOIN, of which each author and publisher is decoded once.
pub fn join_shared(world: &mut World, probe: &mut Probe) {
    let statement = world.floor.prepare(&format!("SELECT {BOOK}{JOIN}"));
    let loaded = probe.time(|| {
        let (mut authors, mut publishers) = (Vec::new(), Vec::new());
        let (mut of_author, mut of_publisher) = (Places::default(), Places::default());
        let rows = statement.all(|row| {
            let of_author = of_author.meet(row.int(8), || authors.push(author(row, 8)));
            let meet = |key| of_publisher.meet(key, || publishers.push(publisher(row, 12)));
            (book(row), of_author, row.option(12).map(meet))
        });
        (rows, authors, publishers)
    });
    sum_shared(probe, &loaded);
}

/// The books, then the authors they have, then their publishers.
pub fn join_in_three(world: &mut World, probe: &mut Probe) {
    let books = books(&world.floor, "");
    let authors = world.floor.batch(&format!("{AUTHORS} WHERE id"));
    let publishers = world.floor.batch("SELECT id,name,city FROM publisher WHERE id");
    let loaded = probe.time(|| {
        let (mut author_keys, mut publisher_keys) = (Vec::new(), Vec::new());
        let (mut of_author, mut of_publisher) = (Places::default(), Places::default());
        let rows = books.all(|row| {
            let book = book(row);
            let author = of_author.meet(book.author, || author_keys.push(book.author));
            let publisher = book.publisher.map(|key| of_publisher.meet(key, || publisher_keys.push(key)));
            (book, author, publisher)
        });
        let authors = met(authors, &author_keys, &mut of_author, |row| author(row, 0));
        let publishers = met(publishers, &publisher_keys, &mut of_publisher, |row| publisher(row, 0));
        (rows, authors, publishers)
    });
    sum_shared(probe, &loaded);
}

/// The rows of the keys that were met, in the order in which they were.
fn met<T>(statement: Statement, keys: &[i64], of: &mut Places, read: impl Fn(Statement) -> T) -> Vec<T> {
    let (mut rows, mut places) = (Vec::with_capacity(keys.len()), Vec::with_capacity(keys.len()));
    statement.in_batches(keys, |row| {
        places.push(of.of(row.int(0)) as u32);
        rows.push(read(row));
    });
    ByParent::new(rows, &places, keys.len()).rows
}

fn author_books(raw: &Raw) -> (Statement, Statement) {
    (raw.prepare(AUTHORS), raw.batch(&format!("SELECT {BOOK} FROM book b WHERE b.author_id")))
}

pub fn prefetch_fk(world: &mut World, probe: &mut Probe) {
    let (authors, books) = author_books(&world.floor);
    let rows = probe.time(|| {
        let mut rows: Vec<(PlainAuthor, Vec<Plain>)> = authors.all(|row| (author(row, 0), Vec::new()));
        let keys: Vec<i64> = rows.iter().map(|(author, _)| author.id).collect();
        let mut places = Places::new(keys.iter().copied());
        books.in_batches(&keys, |row| rows[places.of(row.int(2))].1.push(book(row)));
        rows
    });
    world::with_books(probe, rows.iter().map(|(author, books)| (author, books)));
}

/// Both tables as they are, and the books put by their authors.
pub fn prefetch_fk_through(world: &mut World, probe: &mut Probe) {
    let (authors, books) = (world.floor.prepare(AUTHORS), books(&world.floor, ""));
    let (authors, books) = probe.time(|| {
        let authors = authors.all(|row| author(row, 0));
        let books = all_by_parent(books, authors.iter().map(|author| author.id), 2, book);
        (authors, books)
    });
    world::with_books(probe, authors.iter().enumerate().map(|(place, author)| (author, books.of(place))));
}

/// All rows of a statement, by the places of the keys that stand in `column`.
fn all_by_parent<T>(
    statement: Statement,
    keys: impl ExactSizeIterator<Item = i64>,
    column: i32,
    read: impl Fn(Statement) -> T,
) -> ByParent<T> {
    let parents = keys.len();
    let (mut of, mut places) = (Places::new(keys), Vec::new());
    let rows = statement.all(|row| {
        places.push(of.of(row.int(column)) as u32);
        read(row)
    });
    ByParent::new(rows, &places, parents)
}

pub fn prefetch_m2m(world: &mut World, probe: &mut Probe) {
    let books = books(&world.floor, " WHERE b.id<=?");
    books.bind_int(1, world.size.books / 4);
    let start = "SELECT bt.book_id,t.id,t.name FROM book_tag bt CROSS JOIN tag t ON t.id=bt.tag_id WHERE bt.book_id";
    let tags = world.floor.batch(start);
    let rows = probe.time(|| {
        let mut rows: Vec<(Plain, Vec<PlainTag>)> = books.all(|row| (book(row), Vec::new()));
        let keys: Vec<i64> = rows.iter().map(|(book, _)| book.id).collect();
        let mut places = Places::new(keys.iter().copied());
        tags.in_batches(&keys, |row| {
            rows[places.of(row.int(0))].1.push(PlainTag { id: row.int(1), name: row.text(2) });
        });
        rows
    });
    world::with_tags(probe, rows.iter().map(|(book, tags)| (book, tags)));
}

/// The links, then each of their tags once.
pub fn prefetch_m2m_shared(world: &mut World, probe: &mut Probe) {
    let books = books(&world.floor, " WHERE b.id<=?");
    books.bind_int(1, world.size.books / 4);
    let links = world.floor.batch("SELECT book_id,tag_id FROM book_tag WHERE book_id");
    let tags = world.floor.batch("SELECT id,name FROM tag WHERE id");
    let (books, of_books, tags) = probe.time(|| {
        let books = books.all(book);
        let keys: Vec<i64> = books.iter().map(|book| book.id).collect();
        let (mut of_book, mut of_tag) = (Places::new(keys.iter().copied()), Places::default());
        let (mut linked, mut tag_keys, mut places) = (Vec::new(), Vec::new(), Vec::new());
        links.in_batches(&keys, |row| {
            let key = row.int(1);
            places.push(of_book.of(row.int(0)) as u32);
            linked.push(of_tag.meet(key, || tag_keys.push(key)));
        });
        let of_books = ByParent::new(linked, &places, keys.len());
        let tags = met(tags, &tag_keys, &mut of_tag, |row| PlainTag { id: row.int(0), name: row.text(1) });
        (books, of_books, tags)
    });
    let tags = |at| of_books.of(at).iter().map(|place| &tags[*place as usize]);
    world::with_tags(probe, books.iter().enumerate().map(|(at, book)| (book, tags(at))));
}

pub fn prefetch_nested(world: &mut World, probe: &mut Probe) {
    let (authors, books) = author_books(&world.floor);
    let reviews = world.floor.batch(&format!("{REVIEWS} WHERE r.book_id"));
    let rows = probe.time(|| {
        let authors = authors.all(|row| author(row, 0));
        let keys: Vec<i64> = authors.iter().map(|author| author.id).collect();
        let mut places = Places::new(keys.iter().copied());
        let mut loaded: Vec<(usize, Plain)> = Vec::new();
        books.in_batches(&keys, |row| loaded.push((places.of(row.int(2)), book(row))));
        let keys: Vec<i64> = loaded.iter().map(|(_, book)| book.id).collect();
        let mut places = Places::new(keys.iter().copied());
        let mut of_books: Vec<Vec<PlainReview>> = Vec::new();
        of_books.resize_with(loaded.len(), Vec::new);
        reviews.in_batches(&keys, |row| of_books[places.of(row.int(1))].push(review(row)));
        let mut rows: Vec<(PlainAuthor, Vec<(Plain, Vec<PlainReview>)>)> =
            authors.into_iter().map(|author| (author, Vec::new())).collect();
        for ((place, book), reviews) in loaded.into_iter().zip(of_books) {
            rows[place].1.push((book, reviews));
        }
        rows
    });
    world::with_reviews(
        probe,
        rows.iter().map(|(author, books)| (author, books.iter().map(|(book, reviews)| (book, reviews)))),
    );
}

/// The three tables as they are, and what belongs together put side by side.
pub fn prefetch_nested_through(world: &mut World, probe: &mut Probe) {
    let (authors, books) = (world.floor.prepare(AUTHORS), books(&world.floor, ""));
    let reviews = world.floor.prepare(REVIEWS);
    let (authors, books, reviews) = probe.time(|| {
        let authors = authors.all(|row| author(row, 0));
        let books = all_by_parent(books, authors.iter().map(|author| author.id), 2, book);
        let reviews = all_by_parent(reviews, books.rows.iter().map(|book| book.id), 1, review);
        (authors, books, reviews)
    });
    let with_reviews = |place| books.range(place).map(|at| (&books.rows[at], reviews.of(at)));
    let rows = authors.iter().enumerate().map(|(place, author)| (author, with_reviews(place)));
    world::with_reviews(probe, rows);
}

pub fn nplus1(world: &mut World, probe: &mut Probe) {
    let books = books(&world.floor, " WHERE b.id<=?");
    books.bind_int(1, world.size.asked / 10);
    let one = world.floor.prepare(&format!("{AUTHORS} WHERE id=?"));
    let rows = probe.time(|| {
        let with_author = |book: Plain| {
            one.bind_int(1, book.author);
            assert!(one.step());
            let row = author(one, 0);
            one.reset();
            (book, row)
        };
        books.all(book).into_iter().map(with_author).collect::<Vec<_>>()
    });
    world::with_author(probe, &rows);
}
