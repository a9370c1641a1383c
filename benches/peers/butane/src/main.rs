//! butane 0.8: no joins and no prefetch: IN filters and grouping by hand; ForeignKey::load for lazy ones.
use butane::db::{Connection, ConnectionSpec};
use butane::prelude::*;
use butane::query::{BoolExpr, Expr};
use butane::{AutoPk, ForeignKey, SqlVal, dataresult, model};
use common::{Bench, H, Keys, NewBook, Sum, W6_BOOKS, W8_BOOKS, sum_of};
use std::collections::HashMap;

#[model]
#[table = "author"]
#[derive(Clone)]
struct Author {
    id: AutoPk<i64>,
    name: String,
    country: String,
    bio: String,
}
#[model]
#[table = "publisher"]
#[derive(Clone)]
struct Publisher {
    id: AutoPk<i64>,
    name: String,
    city: String,
}
#[model]
#[table = "book"]
#[derive(Clone)]
struct Book {
    id: AutoPk<i64>,
    title: String,
    author_id: ForeignKey<Author>,
    publisher_id: Option<ForeignKey<Publisher>>,
    published: String,
    price: f64,
    pages: i64,
    summary: String,
}
#[model]
#[table = "review"]
#[derive(Clone)]
struct Review {
    id: AutoPk<i64>,
    book_id: ForeignKey<Book>,
    stars: i64,
    body: String,
}
#[model]
#[table = "tag"]
#[derive(Clone)]
struct Tag {
    id: AutoPk<i64>,
    name: String,
}
#[model]
#[table = "book_tag"]
#[derive(Clone)]
struct BookTag {
    id: AutoPk<i64>,
    book_id: ForeignKey<Book>,
    tag_id: ForeignKey<Tag>,
}
#[dataresult(Book)]
struct IdTitle {
    id: AutoPk<i64>,
    title: String,
}
#[dataresult(Book)]
struct OnlyId {
    #[allow(dead_code)]
    id: AutoPk<i64>,
}
fn pk(k: &AutoPk<i64>) -> i64 {
    (*k).unwrap()
}
macro_rules! sums { ($($t:ty : $s:ident, $h:ident => { $($x:expr),* });* $(;)?) => { $( impl Sum for $t { fn sum(&self, h: &mut H) { let $s = self; $( $x.sum(h); )* } } )* } }
sums! {
    Author: s, h => { pk(&s.id), s.name, s.country, s.bio };
    Publisher: s, h => { pk(&s.id), s.name, s.city };
    Book: s, h => { pk(&s.id), s.title, pk(&s.author_id.pk()), s.publisher_id.as_ref().map(|p| pk(&p.pk())), s.published, s.price, s.pages, s.summary };
    Review: s, h => { pk(&s.id), pk(&s.book_id.pk()), s.stars, s.body };
    Tag: s, h => { pk(&s.id), s.name };
    IdTitle: s, h => { pk(&s.id), s.title };
}
fn open(p: std::path::PathBuf, sync: &str) -> Connection {
    let c = butane::db::connect(&ConnectionSpec::new("sqlite", p.to_str().unwrap())).unwrap();
    for p in common::PRAGMAS.iter().copied().chain([sync]) {
        c.execute(p).unwrap();
    }
    c
}
fn v(i: i64) -> Expr {
    Expr::Val(SqlVal::BigInt(i))
}
fn vals(ids: impl Iterator<Item = i64>) -> Vec<SqlVal> {
    ids.map(SqlVal::BigInt).collect()
}
fn new(b: &NewBook) -> Book {
    Book {
        id: AutoPk::uninitialized(),
        title: b.title.clone(),
        author_id: ForeignKey::from_pk(pkk(b.author_id)),
        publisher_id: b.publisher_id.map(|p| ForeignKey::from_pk(pkk(p))),
        published: b.published.clone(),
        price: b.price,
        pages: b.pages,
        summary: b.summary.clone(),
    }
}
/// Rows that know their keys since they were saved.
struct Saved(Vec<Book>);
impl Keys for Saved {
    fn keys(&self) -> Option<Vec<i64>> {
        Some(self.0.iter().map(|book| pk(&book.id)).collect())
    }
}
fn pkk(i: i64) -> AutoPk<i64> {
    use butane::FromSql;
    AutoPk::from_sql(SqlVal::BigInt(i)).unwrap()
}
fn load_all(c: &mut Connection) -> Vec<Book> {
    Book::query().load(c).unwrap()
}
fn place(ids: impl Iterator<Item = i64>) -> HashMap<i64, usize> {
    ids.enumerate().map(|(i, k)| (k, i)).collect()
}

fn main() {
    let mut bench = Bench::new("butane");
    let c = &mut open(bench.db(), "PRAGMA synchronous=NORMAL");
    bench.version(rusqlite::version(), "butane 0.8.1");
    bench.run("W1", c, load_all);
    let ids = common::w2_ids();
    bench.run("W2", c, |c| -> Vec<Book> { ids.iter().map(|i| Book::get(c, *i).unwrap()).collect() });
    let ids = common::w3_authors();
    bench.run("W3", c, |c| -> Vec<Vec<Book>> {
        ids.iter()
            .map(|i| {
                Book::query()
                    .filter(BoolExpr::Eq("author_id", v(*i)))
                    .order_desc("published")
                    .limit(10)
                    .load(c)
                    .unwrap()
            })
            .collect()
    });
    // no joins: books, then authors and publishers by IN, cloned into place
    bench.run("W4", c, |c| -> Vec<(Book, Author, Option<Publisher>)> {
        let b = load_all(c);
        let mut a: Vec<i64> = b.iter().map(|b| pk(&b.author_id.pk())).collect();
        a.sort_unstable();
        a.dedup();
        let mut p: Vec<i64> = b.iter().filter_map(|b| b.publisher_id.as_ref().map(|p| pk(&p.pk()))).collect();
        p.sort_unstable();
        p.dedup();
        let am: HashMap<i64, Author> = Author::query()
            .filter(BoolExpr::In("id", vals(a.into_iter())))
            .load(c)
            .unwrap()
            .into_iter()
            .map(|a| (pk(&a.id), a))
            .collect();
        let pm: HashMap<i64, Publisher> = Publisher::query()
            .filter(BoolExpr::In("id", vals(p.into_iter())))
            .load(c)
            .unwrap()
            .into_iter()
            .map(|a| (pk(&a.id), a))
            .collect();
        b.into_iter()
            .map(|b| {
                let a = am[&pk(&b.author_id.pk())].clone();
                let p = b.publisher_id.as_ref().map(|p| pm[&pk(&p.pk())].clone());
                (b, a, p)
            })
            .collect()
    });
    bench.run("W5", c, |c| -> Vec<(Author, Vec<Book>)> {
        let mut r: Vec<(Author, Vec<Book>)> =
            Author::query().load(c).unwrap().into_iter().map(|a| (a, vec![])).collect();
        let m = place(r.iter().map(|a| pk(&a.0.id)));
        for b in Book::query().filter(BoolExpr::In("author_id", vals(r.iter().map(|a| pk(&a.0.id))))).load(c).unwrap() {
            r[m[&pk(&b.author_id.pk())]].1.push(b);
        }
        r
    });
    bench.run("W6", c, |c| -> Vec<(Book, Vec<Tag>)> {
        let mut r: Vec<(Book, Vec<Tag>)> = Book::query()
            .filter(BoolExpr::Le("id", v(W6_BOOKS)))
            .load(c)
            .unwrap()
            .into_iter()
            .map(|a| (a, vec![]))
            .collect();
        let m = place(r.iter().map(|a| pk(&a.0.id)));
        let l = BookTag::query().filter(BoolExpr::In("book_id", vals(r.iter().map(|a| pk(&a.0.id))))).load(c).unwrap();
        let mut t: Vec<i64> = l.iter().map(|l| pk(&l.tag_id.pk())).collect();
        t.sort_unstable();
        t.dedup();
        let tm: HashMap<i64, Tag> = Tag::query()
            .filter(BoolExpr::In("id", vals(t.into_iter())))
            .load(c)
            .unwrap()
            .into_iter()
            .map(|t| (pk(&t.id), t))
            .collect();
        for x in l {
            r[m[&pk(&x.book_id.pk())]].1.push(tm[&pk(&x.tag_id.pk())].clone());
        }
        r
    });
    bench.run("W7", c, |c| -> Vec<(Author, Vec<(Book, Vec<Review>)>)> {
        let mut r: Vec<(Author, Vec<(Book, Vec<Review>)>)> =
            Author::query().load(c).unwrap().into_iter().map(|a| (a, vec![])).collect();
        let m = place(r.iter().map(|a| pk(&a.0.id)));
        let b = Book::query().filter(BoolExpr::In("author_id", vals(r.iter().map(|a| pk(&a.0.id))))).load(c).unwrap();
        let bm = place(b.iter().map(|b| pk(&b.id)));
        let w = Review::query().filter(BoolExpr::In("book_id", vals(b.iter().map(|b| pk(&b.id))))).load(c).unwrap();
        let mut bs: Vec<(Book, Vec<Review>)> = b.into_iter().map(|b| (b, vec![])).collect();
        for x in w {
            bs[bm[&pk(&x.book_id.pk())]].1.push(x);
        }
        for b in bs {
            r[m[&pk(&b.0.author_id.pk())]].1.push(b);
        }
        r
    });
    bench.run("W8", c, |c| -> Vec<(Book, Author)> {
        let b = Book::query().filter(BoolExpr::Le("id", v(W8_BOOKS))).load(c).unwrap();
        b.into_iter()
            .map(|b| {
                let a = Author::get(c, b.author_id.pk()).unwrap();
                (b, a)
            })
            .collect()
    });
    let news = common::w9_books();
    let del = |c: &mut Connection, _: usize| {
        Book::query().filter(BoolExpr::Gt("id", v(20_000))).delete(c).unwrap();
    };
    let sum = |c: &mut Connection, _: &()| sum_of(&load_all(c));
    // no bulk insert: save() in a transaction
    let written = |c: &mut Connection| sum_of(&load_all(c));
    bench.run_insert(
        "W9",
        c,
        |c, i| {
            del(c, i);
            news.iter().map(new).collect::<Vec<_>>()
        },
        |c, mut bs| {
            let tx = c.transaction().unwrap();
            for b in &mut bs {
                b.save(&tx).unwrap();
            }
            tx.commit().unwrap();
            Saved(bs)
        },
        written,
    );
    // no partial update: load by IN, change, save() each
    bench.run_with(
        "W10",
        c,
        |_, i| common::w10_changes(i),
        |c, ch| {
            let tx = c.transaction().unwrap();
            let b = Book::query().filter(BoolExpr::In("id", vals(ch.iter().map(|x| x.id)))).load(&tx).unwrap();
            let mut m: HashMap<i64, Book> = b.into_iter().map(|b| (pk(&b.id), b)).collect();
            for x in ch {
                let b = m.get_mut(&x.id).unwrap();
                b.price = x.price;
                b.title = x.title;
                b.save(&tx).unwrap();
            }
            tx.commit().unwrap();
        },
        sum,
    );
    bench.run("W12", c, |c| -> Vec<IdTitle> { IdTitle::query().load(c).unwrap() });
    // no count: load the ids and count them
    let ps = common::w13_prices();
    bench.run("W13", c, |c| -> Vec<i64> {
        ps.iter()
            .map(|p| {
                OnlyId::query().filter(BoolExpr::Gt("price", Expr::Val(SqlVal::Real(*p)))).load(c).unwrap().len() as i64
            })
            .collect()
    });
    if bench.wants("W11") {
        let c = &mut open(bench.db(), "PRAGMA synchronous=OFF");
        let news = common::w11_books();
        bench.run_insert(
            "W11",
            c,
            |c, i| {
                del(c, i);
                news.iter().map(new).collect::<Vec<_>>()
            },
            |c, mut bs| {
                for b in &mut bs {
                    b.save(c).unwrap();
                }
                Saved(bs)
            },
            written,
        );
    }
}
