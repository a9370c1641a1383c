//! The workloads as one writes them with this crate.

use std::hint::black_box;

use eager_orm::prelude::*;

use super::data::{self, Fields};
use super::measure::{Probe, Sum};
use super::world::World;

#[derive(Model)]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub country: String,
    pub bio: String,
    pub books: HasMany<Book>,
}

#[derive(Model)]
pub struct Publisher {
    pub id: i64,
    pub name: String,
    pub city: String,
}

#[derive(Model)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub author: ForeignKey<Author>,
    pub publisher: Option<ForeignKey<Publisher>>,
    pub published: String,
    pub price: f64,
    pub pages: i64,
    pub summary: String,
    pub reviews: HasMany<Review>,
    #[relation(through = BookTag)]
    pub tags: ManyToMany<Tag>,
}

#[derive(Model)]
pub struct Review {
    pub id: i64,
    pub book: ForeignKey<Book>,
    pub stars: i64,
    pub body: String,
}

#[derive(Model)]
pub struct Tag {
    pub id: i64,
    pub name: String,
}

#[derive(Model)]
pub struct BookTag {
    pub id: i64,
    pub book: ForeignKey<Book>,
    pub tag: ForeignKey<Tag>,
}

impl Book {
    fn sum(&self, sum: &mut Sum) {
        sum.int(self.id);
        sum.text(&self.title);
        sum.int(*self.author.key());
        sum.option(self.publisher.as_ref().map(|publisher| *publisher.key()));
        sum.text(&self.published);
        sum.real(self.price);
        sum.int(self.pages);
        sum.text(&self.summary);
    }
}

impl Author {
    fn sum(&self, sum: &mut Sum) {
        sum.int(self.id);
        sum.text(&self.name);
        sum.text(&self.country);
        sum.text(&self.bio);
    }
}

fn with_parents(probe: &mut Probe, books: &[Book]) {
    probe.sum(|sum| {
        sum.all(books, |sum, book| {
            book.sum(sum);
            book.author.loaded().unwrap().sum(sum);
            if let Some(publisher) = &book.publisher {
                let publisher = publisher.loaded().unwrap();
                sum.int(publisher.id);
                sum.text(&publisher.name);
                sum.text(&publisher.city);
            }
        });
    });
}

pub fn load_all(world: &mut World, probe: &mut Probe) {
    let rows = probe.time(|| Book::objects().all(&world.ours).unwrap());
    probe.sum(|sum| sum.all(&rows, |sum, row| row.sum(sum)));
}

pub fn get_by_pk(world: &mut World, probe: &mut Probe) {
    let one = |key: &i64| Book::objects().find(&world.ours, *key);
    let rows = probe.time(|| world.keys.iter().map(one).collect::<Result<Vec<_>, _>>().unwrap());
    probe.sum(|sum| sum.in_order(&rows, |sum, row| row.sum(sum)));
}

pub fn get_by_pk_in_read(world: &mut World, probe: &mut Probe) {
    let (keys, ours) = (&world.keys, &world.ours);
    let found = ours.read(|snapshot| {
        let one = |key: &i64| Book::objects().find(snapshot, *key);
        probe.time(|| keys.iter().map(one).collect::<Result<Vec<_>, _>>())
    });
    let rows = found.unwrap();
    probe.sum(|sum| sum.in_order(&rows, |sum, row| row.sum(sum)));
}

pub fn filter_small(world: &mut World, probe: &mut Probe) {
    let some = |author: &i64| {
        let of_author = Book::objects().filter(|b| b.author().eq(*author));
        of_author.order_by(|b| b.published().desc()).limit(10).all(&world.ours)
    };
    let rows = probe.time(|| world.some_authors.iter().map(some).collect::<Result<Vec<_>, _>>().unwrap());
    probe.sum(|sum| sum.in_order(&rows, |sum, rows| sum.in_order(rows, |sum, row| row.sum(sum))));
}

pub fn join_eager(world: &mut World, probe: &mut Probe) {
    let books =
        probe.time(|| Book::objects().select_related(|b| (b.author(), b.publisher())).all(&world.ours).unwrap());
    with_parents(probe, &books);
}

pub fn join_by_prefetch(world: &mut World, probe: &mut Probe) {
    let books =
        probe.time(|| Book::objects().prefetch_related(|b| (b.author(), b.publisher())).all(&world.ours).unwrap());
    with_parents(probe, &books);
}

pub fn join_by_peers(world: &mut World, probe: &mut Probe) {
    let db = &world.ours;
    let books = probe.time(|| {
        let books = Book::objects().all(db).unwrap();
        for book in &books {
            book.author.get(db).unwrap();
            if let Some(publisher) = &book.publisher {
                publisher.get(db).unwrap();
            }
        }
        books
    });
    with_parents(probe, &books);
}

fn sum_authors(probe: &mut Probe, authors: &[Author]) {
    probe.sum(|sum| {
        sum.all(authors, |sum, author| {
            author.sum(sum);
            sum.all(author.books.loaded().unwrap(), |sum, book| book.sum(sum));
        });
    });
}

pub fn prefetch_fk(world: &mut World, probe: &mut Probe) {
    let authors = probe.time(|| Author::objects().prefetch_related(|a| a.books()).all(&world.ours).unwrap());
    sum_authors(probe, &authors);
}

pub fn plain_loop(world: &mut World, probe: &mut Probe) {
    let db = &world.ours;
    let authors = probe.time(|| {
        let authors = Author::objects().all(db).unwrap();
        authors.iter().for_each(|author| {
            black_box(author.books.all(db).unwrap());
        });
        authors
    });
    sum_authors(probe, &authors);
}

pub fn prefetch_m2m(world: &mut World, probe: &mut Probe) {
    let end = world.size.books / 4;
    let books = probe
        .time(|| Book::objects().filter(|b| b.id().le(end)).prefetch_related(|b| b.tags()).all(&world.ours).unwrap());
    probe.sum(|sum| {
        sum.all(&books, |sum, book| {
            book.sum(sum);
            sum.all(book.tags.loaded().unwrap(), |sum, tag| {
                sum.int(tag.id);
                sum.text(&tag.name);
            });
        });
    });
}

fn sum_nested(probe: &mut Probe, authors: &[Author]) {
    probe.sum(|sum| {
        sum.all(authors, |sum, author| {
            author.sum(sum);
            sum.all(author.books.loaded().unwrap(), |sum, book| {
                book.sum(sum);
                sum.all(book.reviews.loaded().unwrap(), |sum, review| {
                    sum.int(review.id);
                    sum.int(*review.book.key());
                    sum.int(review.stars);
                    sum.text(&review.body);
                });
            });
        });
    });
}

pub fn prefetch_nested(world: &mut World, probe: &mut Probe) {
    let authors = probe.time(|| Author::objects().prefetch_related(|a| a.books().reviews()).all(&world.ours).unwrap());
    sum_nested(probe, &authors);
}

pub fn nested_plain_loop(world: &mut World, probe: &mut Probe) {
    let db = &world.ours;
    let authors = probe.time(|| {
        let authors = Author::objects().all(db).unwrap();
        for author in &authors {
            author.books.all(db).unwrap().iter().for_each(|book| {
                black_box(book.reviews.all(db).unwrap());
            });
        }
        authors
    });
    sum_nested(probe, &authors);
}

pub fn nplus1(world: &mut World, probe: &mut Probe) {
    let (db, end) = (&world.ours, world.size.asked / 10);
    let books = probe.time(|| {
        let books = Book::objects().filter(|b| b.id().le(end)).fetch_mode(FetchMode::One).all(db).unwrap();
        books.iter().for_each(|book| {
            black_box(book.author.get(db).unwrap());
        });
        books
    });
    probe.sum(|sum| {
        sum.all(&books, |sum, book| {
            book.sum(sum);
            book.author.loaded().unwrap().sum(sum);
        });
    });
}

fn new(book: &Fields) -> NewBook {
    let Fields { title, author, publisher, published, price, pages, summary } = book;
    let new = Book::create().title(title).author(*author).publisher(*publisher).published(published);
    new.price(*price).pages(*pages).summary(summary).build()
}

fn clear(world: &World) {
    let sql = format!("DELETE FROM book WHERE id > {}", world.size.books);
    world.ours.raw(|raw| raw.execute_batch(&sql)).unwrap();
}

fn written(world: &World, sum: &mut Sum) {
    sum.all(Book::objects().all(&world.ours).unwrap(), |sum, row| row.sum(sum));
}

/// The rows that came back, in the order in which they were given, and what is in the table.
fn sum_created(world: &World, probe: &mut Probe, created: &[Book]) {
    probe.sum(|sum| {
        sum.in_order(created, |sum, book| book.sum(sum));
        written(world, sum);
    });
}

/// The rows are made before the clock starts, as those of the floor are.
fn insert(world: &mut World, probe: &mut Probe, count: i64) {
    clear(world);
    let books: Vec<NewBook> = data::new_books(count, world.size).iter().map(new).collect();
    let created = probe.time(|| Book::objects().bulk_create(books).run(&world.ours).unwrap());
    sum_created(world, probe, &created);
    clear(world);
}

pub fn bulk_insert(world: &mut World, probe: &mut Probe) {
    insert(world, probe, world.size.new);
}

pub fn bulk_create(world: &mut World, probe: &mut Probe) {
    insert(world, probe, world.size.bulk);
}

/// The rows are made one after the other while the clock runs, and do not come back.
pub fn bulk_create_execute(world: &mut World, probe: &mut Probe) {
    clear(world);
    let books = data::new_books(world.size.bulk, world.size);
    let count = probe.time(|| Book::objects().bulk_create(books.iter().map(new)).execute(&world.ours).unwrap());
    probe.sum(|sum| {
        sum.int(count as i64);
        written(world, sum);
    });
    clear(world);
}

fn update(world: &World, probe: &mut Probe, books: &[Book]) {
    let count = probe.time(|| Book::objects().bulk_update(&world.ours, books, |b| (b.price(), b.title())).unwrap());
    probe.sum(|sum| {
        sum.int(count as i64);
        written(world, sum);
    });
}

pub fn bulk_update(world: &mut World, probe: &mut Probe) {
    let changes = data::changes(world.size.books / 4, 4, probe.round);
    let keys: Vec<i64> = changes.iter().map(|(key, ..)| *key).collect();
    let mut books = Book::objects().filter(|b| b.id().in_(keys)).order_by(|b| b.id()).all(&world.ours).unwrap();
    for (book, (_, price, title)) in books.iter_mut().zip(changes) {
        (book.price, book.title) = (price, title);
    }
    update(world, probe, &books);
}

pub fn bulk_update_many(world: &mut World, probe: &mut Probe) {
    clear(world);
    let books: Vec<NewBook> = data::new_books(world.size.bulk, world.size).iter().map(new).collect();
    let mut books = Book::objects().bulk_create(books).run(&world.ours).unwrap();
    for (book, (key, price, title)) in books.iter_mut().zip(data::many_changes(world.size, probe.round)) {
        assert_eq!(book.id, key);
        (book.price, book.title) = (price, title);
    }
    update(world, probe, &books);
    clear(world);
}

pub fn insert_one(world: &mut World, probe: &mut Probe) {
    clear(world);
    world.ours.raw(|raw| raw.execute_batch("PRAGMA synchronous = OFF")).unwrap();
    let books: Vec<NewBook> = data::new_books(world.size.new / 5, world.size).iter().map(new).collect();
    let created = probe.time(|| {
        let save = |book| Book::objects().create(&world.ours, book);
        books.into_iter().map(save).collect::<Result<Vec<_>, _>>().unwrap()
    });
    world.ours.raw(|raw| raw.execute_batch("PRAGMA synchronous = NORMAL")).unwrap();
    sum_created(world, probe, &created);
    clear(world);
}

pub fn values2(world: &mut World, probe: &mut Probe) {
    let rows = probe.time(|| Book::objects().values_list(|b| (b.id(), b.title())).all(&world.ours).unwrap());
    probe.sum(|sum| {
        sum.all(&rows, |sum, (id, title)| {
            sum.int(*id);
            sum.text(title);
        });
    });
}

pub fn count_filtered(world: &mut World, probe: &mut Probe) {
    let count = |price: &f64| Book::objects().filter(|b| b.price().gt(*price)).count(&world.ours);
    let counts = probe.time(|| world.prices.iter().map(count).collect::<Result<Vec<_>, _>>().unwrap());
    probe.sum(|sum| sum.in_order(&counts, |sum, count| sum.int(*count as i64)));
}

pub fn iter(world: &mut World, probe: &mut Probe) {
    let pages = probe.time(|| {
        let pages = world.ours.read(|snapshot| {
            let mut pages = 0;
            for book in Book::objects().iter(snapshot)? {
                let book = book?;
                pages += book.pages + book.summary.len() as i64;
            }
            Ok(pages)
        });
        pages.unwrap()
    });
    probe.sum(|sum| sum.int(pages));
}
