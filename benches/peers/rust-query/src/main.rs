//! rust-query 0.10: its own schema (same columns, its own table names), filled from the template by ATTACH;
//! reads run inside one long transaction (its transactions spawn a thread each), so no BEGIN or read lock per query: its best case.
use common::{Bench, H, NewBook, Sum, W6_BOOKS, W8_BOOKS, sum_of};
use rust_query::{
    Database, FromExpr, IntoExpr, TableRow, Transaction, aggregate,
    migration::{Config, Synchronous, schema},
};

#[schema(Lib)]
pub mod vN {
    use rust_query::TableRow;
    pub struct Author {
        pub name: String,
        pub country: String,
        pub bio: String,
    }
    pub struct Publisher {
        pub name: String,
        pub city: String,
    }
    pub struct Book {
        pub title: String,
        #[index]
        pub author: TableRow<Author>,
        #[index]
        pub publisher: Option<TableRow<Publisher>>,
        pub published: String,
        #[index]
        pub price: f64,
        pub pages: i64,
        pub summary: String,
    }
    pub struct Review {
        #[index]
        pub book: TableRow<Book>,
        pub stars: i64,
        pub body: String,
    }
    pub struct Tag {
        pub name: String,
    }
    pub struct BookTag {
        #[index]
        pub book: TableRow<Book>,
        #[index]
        pub tag: TableRow<Tag>,
    }
}
use v0::*;

#[derive(FromExpr, Clone)]
#[rust_query(From = Author)]
struct AuthorF {
    name: String,
    country: String,
    bio: String,
}
#[derive(FromExpr, Clone)]
#[rust_query(From = Publisher)]
struct PublisherF {
    name: String,
    city: String,
}
#[derive(FromExpr, Clone)]
#[rust_query(From = Book)]
struct BookF {
    title: String,
    author: TableRow<Author>,
    publisher: Option<TableRow<Publisher>>,
    published: String,
    price: f64,
    pages: i64,
    summary: String,
}
#[derive(FromExpr, Clone)]
#[rust_query(From = Review)]
struct ReviewF {
    book: TableRow<Book>,
    stars: i64,
    body: String,
}
#[derive(FromExpr, Clone)]
#[rust_query(From = Tag)]
struct TagF {
    name: String,
}

/// an id and the rest
struct Row<K, F>(K, F);
fn id<T: std::fmt::Debug>(t: &T) -> i64 {
    format!("{t:?}")[3..].parse().unwrap() // "db_17": rust-query hides its ids
}
/// a TableRow from an id: rust-query offers no way, and an application would have to query for it; given for nothing here
fn row<T: rust_query::Table>(i: i64) -> TableRow<T> {
    unsafe { std::mem::transmute_copy::<i64, TableRow<T>>(&i) }
}
trait Fields {
    fn fields(&self, h: &mut H);
}
impl Fields for AuthorF {
    fn fields(&self, h: &mut H) {
        self.name.sum(h);
        self.country.sum(h);
        self.bio.sum(h)
    }
}
impl Fields for PublisherF {
    fn fields(&self, h: &mut H) {
        self.name.sum(h);
        self.city.sum(h)
    }
}
impl Fields for BookF {
    fn fields(&self, h: &mut H) {
        self.title.sum(h);
        id(&self.author).sum(h);
        self.publisher.as_ref().map(id).sum(h);
        self.published.sum(h);
        self.price.sum(h);
        self.pages.sum(h);
        self.summary.sum(h)
    }
}
impl Fields for ReviewF {
    fn fields(&self, h: &mut H) {
        id(&self.book).sum(h);
        self.stars.sum(h);
        self.body.sum(h)
    }
}
impl Fields for TagF {
    fn fields(&self, h: &mut H) {
        self.name.sum(h)
    }
}
impl<K: std::fmt::Debug, F: Fields> Sum for Row<K, F> {
    fn sum(&self, h: &mut H) {
        id(&self.0).sum(h);
        self.1.fields(h)
    }
}
type BookR = Row<TableRow<Book>, BookF>;
type AuthorR = Row<TableRow<Author>, AuthorF>;

fn open(bench: &mut Bench) -> Database<Lib> {
    let p = bench.fresh_path();
    let mut cfg = Config::open(&p);
    cfg.synchronous = Synchronous::Normal;
    let db = Database::<Lib>::new(cfg);
    let mut names = vec![];
    {
        let c = db.rusqlite_connection();
        // its table names, whatever their case
        let mut s = c.prepare("select name from sqlite_master where type='table'").unwrap();
        for n in s.query_map([], |r| r.get::<_, String>(0)).unwrap() {
            names.push(n.unwrap());
        }
        let n =
            |x: &str| names.iter().find(|n| n.to_lowercase().replace('_', "") == x.replace('_', "")).unwrap().clone();
        c.execute_batch("PRAGMA foreign_keys=OFF").unwrap();
        c.execute("attach ? as t", [bench.template().to_str().unwrap()]).unwrap();
        for (t, from, to) in [
            ("author", "id,name,country,bio", "id,name,country,bio"),
            ("publisher", "id,name,city", "id,name,city"),
            (
                "book",
                "id,title,author_id,publisher_id,published,price,pages,summary",
                "id,title,author,publisher,published,price,pages,summary",
            ),
            ("review", "id,book_id,stars,body", "id,book,stars,body"),
            ("tag", "id,name", "id,name"),
            ("book_tag", "id,book_id,tag_id", "id,book,tag"),
        ] {
            c.execute(&format!("insert into main.\"{}\"({to}) select {from} from t.{t}", n(t)), []).unwrap();
        }
        c.execute_batch(
            "PRAGMA foreign_keys=ON; detach t; PRAGMA default_cache_size=16384; PRAGMA wal_checkpoint(TRUNCATE)",
        )
        .unwrap();
    }
    drop(db);
    let mut cfg = Config::open(&p);
    cfg.synchronous = Synchronous::Normal;
    Database::new(cfg)
}
fn books(txn: &Transaction<Lib>) -> Vec<BookR> {
    txn.query(|rows| {
        let b = rows.join(Book);
        rows.into_vec((&b, BookF::from_expr(&b)))
    })
    .into_iter()
    .map(|(a, b)| Row(a, b))
    .collect()
}
fn authors(txn: &Transaction<Lib>) -> Vec<AuthorR> {
    txn.query(|rows| {
        let b = rows.join(Author);
        rows.into_vec((&b, AuthorF::from_expr(&b)))
    })
    .into_iter()
    .map(|(a, b)| Row(a, b))
    .collect()
}
fn new(b: &NewBook) -> Book {
    Book {
        title: b.title.clone(),
        author: row(b.author_id),
        publisher: b.publisher_id.map(row),
        published: b.published.clone(),
        price: b.price,
        pages: b.pages,
        summary: b.summary.clone(),
    }
}
fn main() {
    let mut bench = Bench::new("rust-query");
    let db = open(&mut bench);
    bench.version(rusqlite::version(), "rust-query 0.10.0");
    let br = &mut bench;
    db.transaction(move |txn| {
        let bench = br;
        let bench = &mut *bench;
        let t = &mut &*txn;
        bench.run("W1", t, |t| books(t));
        let ids = common::w2_ids();
        bench.run("W2", t, |t| -> Vec<BookR> {
            ids.iter()
                .map(|i| {
                    let r = row::<Book>(*i);
                    Row(r, t.query_one(BookF::from_expr(r)))
                })
                .collect()
        });
        let ids = common::w3_authors();
        bench.run("W3", t, |t| -> Vec<Vec<BookR>> {
            ids.iter()
                .map(|i| {
                    t.query(|rows| {
                        let b = rows.join(Book.author(row::<Author>(*i)));
                        rows.order_by()
                            .desc(&b.published)
                            .into_iter((&b, BookF::from_expr(&b)))
                            .take(10)
                            .map(|(a, b)| Row(a, b))
                            .collect()
                    })
                })
                .collect()
        });
        bench.run("W4", t, |t| -> Vec<(BookR, AuthorR, Option<Row<TableRow<Publisher>, PublisherF>>)> {
            t.query(|rows| {
                let b = rows.join(Book);
                rows.into_iter((
                    (&b, BookF::from_expr(&b)),
                    (AuthorF::from_expr(&b.author), Option::<PublisherF>::from_expr(&b.publisher)),
                ))
                .map(|((k, b), (a, p))| {
                    let (ak, pk) = (b.author, b.publisher);
                    (Row(k, b), Row(ak, a), p.map(|p| Row(pk.unwrap(), p)))
                })
                .collect()
            })
        });
        // no IN list and no children in a row: two joined queries and grouping by hand (BTreeMap: its row ids have Ord, not Hash)
        bench.run("W5", t, |t| -> Vec<(AuthorR, Vec<BookR>)> {
            let mut v: Vec<(AuthorR, Vec<BookR>)> = authors(t).into_iter().map(|a| (a, vec![])).collect();
            let m: std::collections::BTreeMap<TableRow<Author>, usize> =
                v.iter().enumerate().map(|(i, a)| (a.0.0, i)).collect();
            t.query(|rows| {
                let a = rows.join(Author);
                let b = rows.join(Book.author(&a));
                for (k, b) in rows.into_iter((&b, BookF::from_expr(&b))) {
                    v[m[&b.author]].1.push(Row(k, b));
                }
            });
            v
        });
        bench.run("W6", t, |t| -> Vec<(BookR, Vec<Row<TableRow<Tag>, TagF>>)> {
            // rust-query can neither filter nor order by a row's id: the scan (in rowid order) cut at 5000, and all links read, those past the cut dropped
            let mut v: Vec<(BookR, Vec<Row<TableRow<Tag>, TagF>>)> = t.query(|rows| {
                let b = rows.join(Book);
                rows.into_iter((&b, BookF::from_expr(&b)))
                    .take(W6_BOOKS as usize)
                    .map(|(k, b)| (Row(k, b), vec![]))
                    .collect()
            });
            let last = v.last().unwrap().0.0;
            let m: std::collections::BTreeMap<TableRow<Book>, usize> =
                v.iter().enumerate().map(|(i, a)| (a.0.0, i)).collect();
            t.query(|rows| {
                let x = rows.join(BookTag);
                for (b, (k, g)) in rows.into_iter((&x.book, (&x.tag, TagF::from_expr(&x.tag)))) {
                    if b > last {
                        continue;
                    }
                    v[m[&b]].1.push(Row(k, g));
                }
            });
            v
        });
        bench.run("W7", t, |t| -> Vec<(AuthorR, Vec<(BookR, Vec<Row<TableRow<Review>, ReviewF>>)>)> {
            let mut v: Vec<(AuthorR, Vec<(BookR, Vec<Row<TableRow<Review>, ReviewF>>)>)> =
                authors(t).into_iter().map(|a| (a, vec![])).collect();
            let m: std::collections::BTreeMap<TableRow<Author>, usize> =
                v.iter().enumerate().map(|(i, a)| (a.0.0, i)).collect();
            let mut at: std::collections::BTreeMap<TableRow<Book>, (usize, usize)> = Default::default();
            t.query(|rows| {
                let a = rows.join(Author);
                let b = rows.join(Book.author(&a));
                for (k, b) in rows.into_iter((&b, BookF::from_expr(&b))) {
                    let i = m[&b.author];
                    at.insert(k, (i, v[i].1.len()));
                    v[i].1.push((Row(k, b), vec![]));
                }
            });
            t.query(|rows| {
                let a = rows.join(Author);
                let b = rows.join(Book.author(&a));
                let r = rows.join(Review.book(&b));
                for (k, r) in rows.into_iter((&r, ReviewF::from_expr(&r))) {
                    let (i, j) = at[&r.book];
                    v[i].1[j].1.push(Row(k, r));
                }
            });
            v
        });
        bench.run("W8", t, |t| -> Vec<(BookR, AuthorR)> {
            let b: Vec<BookR> = t.query(|rows| {
                let b = rows.join(Book);
                rows.into_iter((&b, BookF::from_expr(&b))).take(W8_BOOKS as usize).map(|(k, b)| Row(k, b)).collect()
            });
            b.into_iter()
                .map(|b| {
                    let k = b.1.author;
                    let a = t.query_one(AuthorF::from_expr(k));
                    (b, Row(k, a))
                })
                .collect()
        });
        bench.run("W12", t, |t| -> Vec<Row<TableRow<Book>, TagF>> {
            t.query(|rows| {
                let b = rows.join(Book);
                rows.into_iter((&b, &b.title)).map(|(k, name)| Row(k, TagF { name })).collect()
            })
        });
        let ps = common::w13_prices();
        bench.run("W13", t, |t| -> Vec<i64> {
            ps.iter()
                .map(|p| {
                    t.query_one(aggregate(|rows| {
                        let b = rows.join(Book);
                        rows.filter(b.price.gt(*p));
                        rows.count_distinct(&b)
                    }))
                })
                .collect()
        });
    });
    let news = common::w9_books();
    let raw = db.rusqlite_connection();
    let raw = std::sync::Mutex::new(raw);
    let del = |_: &mut Database<Lib>, _: usize| {
        raw.lock().unwrap().execute("delete from Book where id>20000", []).unwrap();
    };
    let sum = |db: &mut Database<Lib>, _: &()| db.transaction(|t| sum_of(&books(t)));
    let db = &mut { db };
    // A new row holds keys of rows, which do not leave their thread: it is made where it is inserted, and no keys come back.
    bench.run_insert(
        "W9",
        db,
        del,
        |db, _| {
            db.transaction_mut_ok(|t| {
                for b in &news {
                    t.insert_ok(new(b));
                }
            })
        },
        |db| sum(db, &()),
    );
    bench.run_with(
        "W10",
        db,
        |_, i| common::w10_changes(i),
        |db, ch| {
            db.transaction_mut_ok(|t| {
                t.scope(|t| {
                    for x in ch {
                        let mut m = t.mutable(row::<Book>(x.id));
                        m.price = x.price;
                        m.title = x.title;
                    }
                })
            })
        },
        sum,
    );
    if bench.wants("W11") {
        // synchronous=OFF is not offered: NORMAL here
        let news = common::w11_books();
        bench.run_insert(
            "W11",
            db,
            del,
            |db, _| {
                for b in &news {
                    db.transaction_mut_ok(|t| {
                        t.insert_ok(new(b));
                    })
                }
            },
            |db| sum(db, &()),
        );
    }
}
