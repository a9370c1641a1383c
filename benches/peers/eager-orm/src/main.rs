//! eager-orm as its README and `docs/how-n-plus-1-goes-away.md` write it: one `Database`, querysets, relations as handles.
use common::{Bench, H, Keys, NewBook as Fields, Sum, W6_BOOKS, W8_BOOKS, sum_of};
use eager_orm::{Synchronous, prelude::*};

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
common::impl_sum!(Author: id, name, country, bio);
common::impl_sum!(Publisher: id, name, city);
common::impl_sum!(Tag: id, name);
impl Sum for Book {
    fn sum(&self, h: &mut H) {
        self.id.sum(h);
        self.title.sum(h);
        self.author.key().sum(h);
        self.publisher.as_ref().map(|publisher| *publisher.key()).sum(h);
        self.published.sum(h);
        self.price.sum(h);
        self.pages.sum(h);
        self.summary.sum(h);
    }
}
impl Sum for Review {
    fn sum(&self, h: &mut H) {
        self.id.sum(h);
        self.book.key().sum(h);
        self.stars.sum(h);
        self.body.sum(h);
    }
}

/// Rows in any order, as `common` sums a `Vec`.
fn sum_rows(h: &mut H, sums: impl ExactSizeIterator<Item = u64>) {
    h.u(sums.len() as u64);
    h.u(sums.fold(0, u64::wrapping_add));
}
fn sum_one(f: impl FnOnce(&mut H)) -> u64 {
    let mut h = H::new();
    f(&mut h);
    h.done()
}
/// Books with their author and publisher.
struct WithParents(Vec<Book>);
impl Sum for WithParents {
    fn sum(&self, h: &mut H) {
        let one = |book: &Book| {
            sum_one(|h| {
                book.sum(h);
                book.author.loaded().unwrap().sum(h);
                book.publisher.as_ref().map(|publisher| publisher.loaded().unwrap()).sum(h);
            })
        };
        sum_rows(h, self.0.iter().map(one));
    }
}
/// Books with their author.
struct WithAuthor(Vec<Book>);
impl Sum for WithAuthor {
    fn sum(&self, h: &mut H) {
        let one = |book: &Book| {
            sum_one(|h| {
                book.sum(h);
                book.author.loaded().unwrap().sum(h);
            })
        };
        sum_rows(h, self.0.iter().map(one));
    }
}
/// Authors with their books.
struct WithBooks(Vec<Author>);
impl Sum for WithBooks {
    fn sum(&self, h: &mut H) {
        let one = |author: &Author| {
            sum_one(|h| {
                author.sum(h);
                sum_rows(h, author.books.loaded().unwrap().iter().map(sum_of));
            })
        };
        sum_rows(h, self.0.iter().map(one));
    }
}
/// Authors with their books with their reviews.
struct WithReviews(Vec<Author>);
impl Sum for WithReviews {
    fn sum(&self, h: &mut H) {
        let book = |book: &Book| {
            sum_one(|h| {
                book.sum(h);
                sum_rows(h, book.reviews.loaded().unwrap().iter().map(sum_of));
            })
        };
        let one = |author: &Author| {
            sum_one(|h| {
                author.sum(h);
                sum_rows(h, author.books.loaded().unwrap().iter().map(book));
            })
        };
        sum_rows(h, self.0.iter().map(one));
    }
}
/// Books with their tags.
struct WithTags(Vec<Book>);
impl Sum for WithTags {
    fn sum(&self, h: &mut H) {
        let one = |book: &Book| {
            sum_one(|h| {
                book.sum(h);
                sum_rows(h, book.tags.loaded().unwrap().iter().map(sum_of));
            })
        };
        sum_rows(h, self.0.iter().map(one));
    }
}

/// Rows that came back of an insert.
struct Created(Vec<Book>);
impl Keys for Created {
    fn keys(&self) -> Option<Vec<i64>> {
        Some(self.0.iter().map(|book| book.id).collect())
    }
}

fn new(fields: &Fields) -> NewBook {
    let Fields { title, author_id, publisher_id, published, price, pages, summary } = fields;
    let new = Book::create().title(title).author(*author_id).publisher(*publisher_id).published(published);
    new.price(*price).pages(*pages).summary(summary).build()
}

fn main() {
    let mut bench = Bench::new("eager-orm");
    // Its own defaults are those of the others: WAL, synchronous NORMAL, foreign keys, 64 MiB of pages.
    let db = &mut Database::open(bench.db()).unwrap();
    let sqlite: String = db.raw(|raw| raw.query_row("SELECT sqlite_version()", [], |row| row.get(0))).unwrap();
    bench.version(&sqlite, "eager-orm of this checkout");

    bench.run("W1", db, |db| Book::objects().all(&*db).unwrap());
    let ids = common::w2_ids();
    bench.run("W2", db, |db| -> Vec<Book> { ids.iter().map(|id| Book::objects().find(&*db, *id).unwrap()).collect() });
    bench.run("W2_read", db, |db| -> Vec<Book> {
        db.read(|snapshot| ids.iter().map(|id| Book::objects().find(snapshot, *id)).collect()).unwrap()
    });
    let authors = common::w3_authors();
    bench.run("W3", db, |db| -> Vec<Vec<Book>> {
        let some = |author: &i64| {
            let of_author = Book::objects().filter(|b| b.author().eq(*author));
            of_author.order_by(|b| b.published().desc()).limit(10).all(&*db).unwrap()
        };
        authors.iter().map(some).collect()
    });
    bench.run("W4", db, |db| {
        WithParents(Book::objects().select_related(|b| (b.author(), b.publisher())).all(&*db).unwrap())
    });
    bench.run("W4_prefetch", db, |db| {
        WithParents(Book::objects().prefetch_related(|b| (b.author(), b.publisher())).all(&*db).unwrap())
    });
    bench.run("W5", db, |db| WithBooks(Author::objects().prefetch_related(|a| a.books()).all(&*db).unwrap()));
    bench.run("W5_loop", db, |db| {
        // Nothing asked for: the first access loads the books of all authors.
        let authors = Author::objects().all(&*db).unwrap();
        for author in &authors {
            author.books.all(&*db).unwrap();
        }
        WithBooks(authors)
    });
    bench.run("W6", db, |db| {
        WithTags(Book::objects().filter(|b| b.id().le(W6_BOOKS)).prefetch_related(|b| b.tags()).all(&*db).unwrap())
    });
    bench.run("W7", db, |db| {
        WithReviews(Author::objects().prefetch_related(|a| a.books().reviews()).all(&*db).unwrap())
    });
    // One by one, which takes asking for it.
    bench.run("W8", db, |db| {
        let books = Book::objects().filter(|b| b.id().le(W8_BOOKS)).fetch_mode(FetchMode::One).all(&*db).unwrap();
        for book in &books {
            book.author.get(&*db).unwrap();
        }
        WithAuthor(books)
    });
    bench.run("W8_loop", db, |db| {
        let books = Book::objects().filter(|b| b.id().le(W8_BOOKS)).all(&*db).unwrap();
        for book in &books {
            book.author.get(&*db).unwrap();
        }
        WithAuthor(books)
    });
    let fields = common::w9_books();
    let clear = |db: &mut Database| {
        Book::objects().filter(|b| b.id().gt(20_000)).delete(&*db).unwrap();
    };
    let written = |db: &mut Database| sum_of(&Book::objects().all(&*db).unwrap());
    bench.run_insert(
        "W9",
        db,
        |db, _| {
            clear(db);
            fields.iter().map(new).collect::<Vec<NewBook>>()
        },
        |db, books| Created(Book::objects().bulk_create(books).run(&*db).unwrap()),
        written,
    );
    clear(db);
    bench.run_with(
        "W10",
        db,
        |db, round| {
            let changes = common::w10_changes(round);
            let keys: Vec<i64> = changes.iter().map(|change| change.id).collect();
            let mut books = Book::objects().filter(|b| b.id().in_(keys)).order_by(|b| b.id()).all(&*db).unwrap();
            for (book, change) in books.iter_mut().zip(changes) {
                (book.price, book.title) = (change.price, change.title);
            }
            books
        },
        |db, books| {
            Book::objects().bulk_update(&*db, &books, |b| (b.price(), b.title())).unwrap();
        },
        |db, _| sum_of(&Book::objects().all(&*db).unwrap()),
    );
    bench.run("W12", db, |db| -> Vec<(i64, String)> {
        Book::objects().values_list(|b| (b.id(), b.title())).all(&*db).unwrap()
    });
    let prices = common::w13_prices();
    bench.run("W13", db, |db| -> Vec<i64> {
        let count = |price: &f64| Book::objects().filter(|b| b.price().gt(*price)).count(&*db).unwrap() as i64;
        prices.iter().map(count).collect()
    });
    if bench.wants("W11") {
        let db = &mut Database::builder(bench.db()).synchronous(Synchronous::Off).open().unwrap();
        let fields = common::w11_books();
        bench.run_insert(
            "W11",
            db,
            |db, _| {
                clear(db);
                fields.iter().map(new).collect::<Vec<NewBook>>()
            },
            |db, books| {
                books.into_iter().map(|book| Book::objects().create(&*db, book).unwrap().id).collect::<Vec<i64>>()
            },
            written,
        );
    }
}
