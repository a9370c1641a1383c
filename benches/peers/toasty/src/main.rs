//! toasty 0.11: one dedicated Connection, include() for eager loading. Ids are u64: with i64 ids include() panics ("not yet implemented: cast_expr").
use common::{Bench, H, Keys, NewBook, Sum, W6_BOOKS, W8_BOOKS, sum_of};
use toasty::{Connection, Deferred};

#[derive(Debug, toasty::Model)]
#[table = "author"]
struct Author {
    #[key]
    #[auto]
    id: u64,
    name: String,
    country: String,
    bio: String,
    #[has_many]
    books: Deferred<Vec<Book>>,
}
#[derive(Debug, toasty::Model)]
#[table = "publisher"]
struct Publisher {
    #[key]
    #[auto]
    id: u64,
    name: String,
    city: String,
}
#[derive(Debug, toasty::Model)]
#[table = "book"]
struct Book {
    #[key]
    #[auto]
    id: u64,
    title: String,
    #[index]
    author_id: u64,
    #[belongs_to]
    author: Deferred<Author>,
    #[index]
    publisher_id: Option<u64>,
    #[belongs_to]
    publisher: Deferred<Option<Publisher>>,
    published: String,
    #[index]
    price: f64,
    pages: i64,
    summary: String,
    #[has_many]
    reviews: Deferred<Vec<Review>>,
    #[has_many]
    book_tags: Deferred<Vec<BookTag>>,
    #[has_many(via = book_tags.tag)]
    tags: Deferred<Vec<Tag>>,
}
#[derive(Debug, toasty::Model)]
#[table = "review"]
struct Review {
    #[key]
    #[auto]
    id: u64,
    #[index]
    book_id: u64,
    #[belongs_to]
    book: Deferred<Book>,
    stars: i64,
    body: String,
}
#[derive(Debug, toasty::Model)]
#[table = "tag"]
struct Tag {
    #[key]
    #[auto]
    id: u64,
    name: String,
}
#[derive(Debug, toasty::Model)]
#[table = "book_tag"]
struct BookTag {
    #[key]
    #[auto]
    id: u64,
    #[index]
    book_id: u64,
    #[belongs_to]
    book: Deferred<Book>,
    #[index]
    tag_id: u64,
    #[belongs_to]
    tag: Deferred<Tag>,
}
common::impl_sum!(Author: id, name, country, bio);
common::impl_sum!(Publisher: id, name, city);
common::impl_sum!(Book: id, title, author_id, publisher_id, published, price, pages, summary);
common::impl_sum!(Review: id, book_id, stars, body);
common::impl_sum!(Tag: id, name);
struct U(u64);
impl Sum for U {
    fn sum(&self, h: &mut H) {
        h.u(self.0)
    }
}

struct Cx {
    rt: tokio::runtime::Runtime,
    _db: toasty::Db,
    c: Connection,
}
fn open(p: std::path::PathBuf, sync: &str) -> Cx {
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (db, c) = rt.block_on(async {
        let db = toasty::Db::builder()
            .models(toasty::models!(crate::*))
            .max_pool_size(1)
            .build(toasty_driver_sqlite::Sqlite::open(p))
            .await
            .unwrap();
        let mut c = db.connection().await.unwrap();
        for p in common::PRAGMAS.iter().copied().chain([sync]) {
            toasty::sql::query(p).exec(&mut c).await.unwrap();
        }
        (db, c)
    });
    Cx { rt, _db: db, c }
}
/// Rows that came back of an insert.
struct Created(Vec<Book>);
impl Keys for Created {
    fn keys(&self) -> Option<Vec<i64>> {
        Some(self.0.iter().map(|book| book.id as i64).collect())
    }
}
fn create(b: &NewBook) -> <Book as toasty::schema::Model>::Create {
    Book::create()
        .title(&b.title)
        .author_id(b.author_id as u64)
        .publisher_id(b.publisher_id.map(|p| p as u64))
        .published(&b.published)
        .price(b.price)
        .pages(b.pages)
        .summary(&b.summary)
}

fn main() {
    let mut bench = Bench::new("toasty");
    let c = &mut open(bench.db(), "PRAGMA synchronous=NORMAL");
    bench.version(rusqlite::version(), "toasty 0.11.0");
    bench.run("W1", c, |Cx { rt, c, .. }| rt.block_on(Book::all().exec(c)).unwrap());
    let ids = common::w2_ids();
    bench.run("W2", c, |Cx { rt, c, .. }| -> Vec<Book> {
        rt.block_on(async {
            let mut v = Vec::with_capacity(ids.len());
            for id in &ids {
                v.push(Book::get_by_id(c, *id as u64).await.unwrap());
            }
            v
        })
    });
    let ids = common::w3_authors();
    bench.run("W3", c, |Cx { rt, c, .. }| -> Vec<Vec<Book>> {
        rt.block_on(async {
            let mut v = Vec::with_capacity(ids.len());
            for id in &ids {
                v.push(
                    Book::filter_by_author_id(*id as u64)
                        .order_by(Book::fields().published().desc())
                        .limit(10)
                        .exec(c)
                        .await
                        .unwrap(),
                );
            }
            v
        })
    });
    bench.run_with(
        "W4",
        c,
        |_, _| (),
        |Cx { rt, c, .. }, _| {
            rt.block_on(Book::all().include(Book::fields().author()).include(Book::fields().publisher()).exec(c))
                .unwrap()
        },
        |_, v: &Vec<Book>| {
            sum_of(&v.iter().map(|b| (b, b.author.get(), b.publisher.get().as_ref())).collect::<Vec<_>>())
        },
    );
    bench.run_with(
        "W5",
        c,
        |_, _| (),
        |Cx { rt, c, .. }, _| rt.block_on(Author::all().include(Author::fields().books()).exec(c)).unwrap(),
        |_, v: &Vec<Author>| {
            sum_of(&v.iter().map(|a| (a, a.books.get().iter().collect::<Vec<_>>())).collect::<Vec<_>>())
        },
    );
    bench.run_with(
        "W6",
        c,
        |_, _| (),
        |Cx { rt, c, .. }, _| {
            rt.block_on(Book::filter(Book::fields().id().le(W6_BOOKS as u64)).include(Book::fields().tags()).exec(c))
                .unwrap()
        },
        |_, v: &Vec<Book>| sum_of(&v.iter().map(|a| (a, a.tags.get().iter().collect::<Vec<_>>())).collect::<Vec<_>>()),
    );
    bench.run_with(
        "W7",
        c,
        |_, _| (),
        |Cx { rt, c, .. }, _| rt.block_on(Author::all().include(Author::fields().books().reviews()).exec(c)).unwrap(),
        |_, v: &Vec<Author>| {
            sum_of(
                &v.iter()
                    .map(|a| {
                        (
                            a,
                            a.books
                                .get()
                                .iter()
                                .map(|b| (b, b.reviews.get().iter().collect::<Vec<_>>()))
                                .collect::<Vec<_>>(),
                        )
                    })
                    .collect::<Vec<_>>(),
            )
        },
    );
    bench.run("W8", c, |Cx { rt, c, .. }| -> Vec<(Book, Author)> {
        rt.block_on(async {
            let b = Book::filter(Book::fields().id().le(W8_BOOKS as u64)).exec(c).await.unwrap();
            let mut v = vec![];
            for b in b {
                let a = b.author().exec(c).await.unwrap();
                v.push((b, a));
            }
            v
        })
    });
    let news = common::w9_books();
    let del = |Cx { rt, c, .. }: &mut Cx, _: usize| {
        rt.block_on(toasty::sql::statement("delete from book where id>20000").exec(c)).unwrap();
    };
    let sum = |Cx { rt, c, .. }: &mut Cx, _: &()| sum_of(&rt.block_on(Book::all().exec(c)).unwrap());
    bench.run_insert(
        "W9",
        c,
        |c, i| {
            del(c, i);
            let many = |k: &[NewBook]| k.iter().fold(Book::create_many(), |many, b| many.item(create(b)));
            news.chunks(1000).map(many).collect::<Vec<_>>()
        },
        |Cx { rt, c, .. }, chunks| {
            rt.block_on(async {
                let c: &mut dyn toasty::Executor = c;
                let mut tx = c.transaction().await.unwrap();
                let mut created = Vec::new();
                for many in chunks {
                    created.extend(many.exec(&mut tx).await.unwrap());
                }
                tx.commit().await.unwrap();
                Created(created)
            })
        },
        |c| sum(c, &()),
    );
    del(c, 0);
    bench.run_with(
        "W10",
        c,
        |_, i| common::w10_changes(i),
        |Cx { rt, c, .. }, ch| {
            rt.block_on(async {
                let c: &mut dyn toasty::Executor = c;
                let mut tx = c.transaction().await.unwrap();
                for x in ch {
                    Book::filter_by_id(x.id as u64).update().price(x.price).title(x.title).exec(&mut tx).await.unwrap();
                }
                tx.commit().await.unwrap();
            })
        },
        sum,
    );
    bench.run("W12", c, |Cx { rt, c, .. }| -> Vec<(u64, String)> {
        rt.block_on(Book::all().select((Book::fields().id(), Book::fields().title())).exec(c)).unwrap()
    });
    let ps = common::w13_prices();
    bench.run("W13", c, |Cx { rt, c, .. }| -> Vec<i64> {
        rt.block_on(async {
            let mut v = Vec::with_capacity(ps.len());
            for p in &ps {
                v.push(Book::filter(Book::fields().price().gt(*p)).count().exec(c).await.unwrap() as i64);
            }
            v
        })
    });
    if bench.wants("W11") {
        let c = &mut open(bench.db(), "PRAGMA synchronous=OFF");
        let news = common::w11_books();
        bench.run_insert(
            "W11",
            c,
            |c, i| {
                del(c, i);
                news.iter().map(create).collect::<Vec<_>>()
            },
            |Cx { rt, c, .. }, new| {
                rt.block_on(async {
                    let mut created = Vec::with_capacity(new.len());
                    for new in new {
                        created.push(new.exec(c).await.unwrap());
                    }
                    Created(created)
                })
            },
            |c| sum(c, &()),
        );
    }
    let _ = U(0);
}
