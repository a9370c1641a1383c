//! Careful hand-written rusqlite: prepare_cached, index-based gets.
use common::*;
use rusqlite::{Connection, Result, Row, params, params_from_iter, types::Value};
use std::collections::HashMap;
use std::rc::Rc;

const BOOK: &str = "b.id,b.title,b.author_id,b.publisher_id,b.published,b.price,b.pages,b.summary";
#[inline]
fn book(r: &Row, o: usize) -> Result<Book> {
    Ok(Book {
        id: r.get(o)?,
        title: r.get(o + 1)?,
        author_id: r.get(o + 2)?,
        publisher_id: r.get(o + 3)?,
        published: r.get(o + 4)?,
        price: r.get(o + 5)?,
        pages: r.get(o + 6)?,
        summary: r.get(o + 7)?,
    })
}
#[inline]
fn author(r: &Row, o: usize) -> Result<Author> {
    Ok(Author { id: r.get(o)?, name: r.get(o + 1)?, country: r.get(o + 2)?, bio: r.get(o + 3)? })
}
fn load_all(c: &Connection) -> Result<Vec<Book>> {
    c.prepare_cached(&format!("select {BOOK} from book b"))?.query_map([], |r| book(r, 0))?.collect()
}
fn marks(n: usize) -> String {
    let mut s = "?,".repeat(n);
    s.pop();
    s
}
fn place(ids: &[i64]) -> HashMap<i64, usize> {
    ids.iter().enumerate().map(|(i, id)| (*id, i)).collect()
}
fn in_ids(c: &Connection, sql: &str, ids: &[i64], mut f: impl FnMut(&Row) -> Result<()>) -> Result<()> {
    let mut s = c.prepare_cached(&sql.replace('@', &marks(ids.len())))?;
    let mut rows = s.query(params_from_iter(ids))?;
    while let Some(r) = rows.next()? {
        f(r)?
    }
    Ok(())
}
fn in_rarray(c: &Connection, sql: &str, ids: &[i64], mut f: impl FnMut(&Row) -> Result<()>) -> Result<()> {
    let mut s = c.prepare_cached(&sql.replace('@', "select value from rarray(?)"))?;
    let v: Rc<Vec<Value>> = Rc::new(ids.iter().map(|i| Value::from(*i)).collect());
    let mut rows = s.query([v])?;
    while let Some(r) = rows.next()? {
        f(r)?
    }
    Ok(())
}
macro_rules! batch { ($rarray:expr, $($a:tt)*) => { if $rarray { in_rarray($($a)*) } else { in_ids($($a)*) } } }
fn w5(c: &Connection, ra: bool) -> Result<Vec<(Author, Vec<Book>)>> {
    let mut v: Vec<(Author, Vec<Book>)> = c
        .prepare_cached("select id,name,country,bio from author")?
        .query_map([], |r| Ok((author(r, 0)?, vec![])))?
        .collect::<Result<_>>()?;
    let ids: Vec<i64> = v.iter().map(|x| x.0.id).collect();
    let m = place(&ids);
    batch!(ra, c, &format!("select {BOOK} from book b where b.author_id in (@)"), &ids, |r| {
        let b = book(r, 0)?;
        v[m[&b.author_id]].1.push(b);
        Ok(())
    })?;
    Ok(v)
}
fn w6(c: &Connection, ra: bool) -> Result<Vec<(Book, Vec<Tag>)>> {
    let mut v: Vec<(Book, Vec<Tag>)> = c
        .prepare_cached(&format!("select {BOOK} from book b where b.id<=?"))?
        .query_map([W6_BOOKS], |r| Ok((book(r, 0)?, vec![])))?
        .collect::<Result<_>>()?;
    let ids: Vec<i64> = v.iter().map(|x| x.0.id).collect();
    let m = place(&ids);
    batch!(
        ra,
        c,
        "select bt.book_id,t.id,t.name from book_tag bt cross join tag t on t.id=bt.tag_id where bt.book_id in (@)",
        &ids,
        |r| {
            v[m[&r.get::<_, i64>(0)?]].1.push(Tag { id: r.get(1)?, name: r.get(2)? });
            Ok(())
        }
    )?;
    Ok(v)
}
fn w7(c: &Connection, ra: bool) -> Result<Vec<(Author, Vec<(Book, Vec<Review>)>)>> {
    let mut v: Vec<(Author, Vec<(Book, Vec<Review>)>)> = c
        .prepare_cached("select id,name,country,bio from author")?
        .query_map([], |r| Ok((author(r, 0)?, vec![])))?
        .collect::<Result<_>>()?;
    let ids: Vec<i64> = v.iter().map(|x| x.0.id).collect();
    let m = place(&ids);
    let mut bids = vec![];
    let mut at: HashMap<i64, (usize, usize)> = HashMap::new();
    batch!(ra, c, &format!("select {BOOK} from book b where b.author_id in (@)"), &ids, |r| {
        let b = book(r, 0)?;
        let i = m[&b.author_id];
        bids.push(b.id);
        at.insert(b.id, (i, v[i].1.len()));
        v[i].1.push((b, vec![]));
        Ok(())
    })?;
    batch!(ra, c, "select r.id,r.book_id,r.stars,r.body from review r where r.book_id in (@)", &bids, |r| {
        let x = Review { id: r.get(0)?, book_id: r.get(1)?, stars: r.get(2)?, body: r.get(3)? };
        let (i, j) = at[&x.book_id];
        v[i].1[j].1.push(x);
        Ok(())
    })?;
    Ok(v)
}
const INSERT: &str =
    "insert into book(title,author_id,publisher_id,published,price,pages,summary) values (?,?,?,?,?,?,?)";

fn main() -> Result<()> {
    let mut bench = Bench::new("rusqlite");
    let c = &mut Connection::open(bench.db())?;
    c.set_prepared_statement_cache_capacity(64);
    for p in PRAGMAS {
        c.execute_batch(p)?;
    }
    rusqlite::vtab::array::load_module(c)?;
    bench.version(rusqlite::version(), "rusqlite 0.41.1");
    bench.run("W1", c, |c| load_all(c).unwrap());
    let ids = w2_ids();
    bench.run("W2", c, |c| -> Vec<Book> {
        ids.iter().map(|id| c.prepare_cached("select b.id,b.title,b.author_id,b.publisher_id,b.published,b.price,b.pages,b.summary from book b where b.id=?").unwrap().query_row([id], |r| book(r, 0)).unwrap()).collect()
    });
    let ids = w3_authors();
    bench.run("W3", c, |c| -> Vec<Vec<Book>> {
        ids.iter()
            .map(|id| {
                let mut s = c.prepare_cached("select b.id,b.title,b.author_id,b.publisher_id,b.published,b.price,b.pages,b.summary from book b where b.author_id=? order by b.published desc limit 10").unwrap();
                let v = s.query_map([id], |r| book(r, 0)).unwrap().collect::<Result<Vec<_>>>().unwrap();
                v
            })
            .collect()
    });
    bench.run("W4", c, |c| -> Vec<(Book, Author, Option<Publisher>)> {
        let mut s = c.prepare_cached(&format!("select {BOOK},a.id,a.name,a.country,a.bio,p.id,p.name,p.city from book b join author a on a.id=b.author_id left join publisher p on p.id=b.publisher_id")).unwrap();
        let v = s.query_map([], |r| {
            let p = match r.get::<_, Option<i64>>(12)? {
                None => None,
                Some(id) => Some(Publisher { id, name: r.get(13)?, city: r.get(14)? }),
            };
            Ok((book(r, 0)?, author(r, 8)?, p))
        })
        .unwrap()
        .collect::<Result<Vec<_>>>()
        .unwrap();
        v
    });
    bench.run("W5", c, |c| w5(c, false).unwrap());
    bench.run("W6", c, |c| w6(c, false).unwrap());
    bench.run("W7", c, |c| w7(c, false).unwrap());
    if std::env::args().nth(1).as_deref() == Some("batch") {
        bench.only = None;
        for _ in 0..3 {
            bench.run("W5_in", c, |c| w5(c, false).unwrap());
            bench.run("W5_rarray", c, |c| w5(c, true).unwrap());
            bench.run("W6_in", c, |c| w6(c, false).unwrap());
            bench.run("W6_rarray", c, |c| w6(c, true).unwrap());
            bench.run("W7_in", c, |c| w7(c, false).unwrap());
            bench.run("W7_rarray", c, |c| w7(c, true).unwrap());
        }
        return Ok(());
    }
    bench.run("W8", c, |c| -> Vec<(Book, Author)> {
        let books: Vec<Book> = c
            .prepare_cached(&format!("select {BOOK} from book b where b.id<=?"))
            .unwrap()
            .query_map([W8_BOOKS], |r| book(r, 0))
            .unwrap()
            .collect::<Result<_>>()
            .unwrap();
        books
            .into_iter()
            .map(|b| {
                let a = c
                    .prepare_cached("select id,name,country,bio from author where id=?")
                    .unwrap()
                    .query_row([b.author_id], |r| author(r, 0))
                    .unwrap();
                (b, a)
            })
            .collect()
    });
    let news = w9_books();
    let del = |c: &mut Connection, _: usize| c.execute_batch("delete from book where id>20000").unwrap();
    let sum = |c: &mut Connection, _: &()| sum_of(&load_all(c).unwrap());
    let written = |c: &mut Connection| sum_of(&load_all(c).unwrap());
    bench.run_insert(
        "W9",
        c,
        del,
        |c, _| {
            let tx = c.transaction().unwrap();
            let mut keys = Vec::with_capacity(news.len());
            {
                let mut s = tx.prepare_cached(INSERT).unwrap();
                for b in &news {
                    s.execute(params![b.title, b.author_id, b.publisher_id, b.published, b.price, b.pages, b.summary])
                        .unwrap();
                    keys.push(tx.last_insert_rowid());
                }
            }
            tx.commit().unwrap();
            keys
        },
        written,
    );
    del(c, 0);
    bench.run_with(
        "W10",
        c,
        |_, i| w10_changes(i),
        |c, ch| {
            let tx = c.transaction().unwrap();
            {
                let mut s = tx.prepare_cached("update book set price=?1, title=?2 where id=?3").unwrap();
                for x in &ch {
                    s.execute(params![x.price, x.title, x.id]).unwrap();
                }
            }
            tx.commit().unwrap();
        },
        sum,
    );
    bench.run("W12", c, |c| -> Vec<(i64, String)> {
        c.prepare_cached("select id,title from book")
            .unwrap()
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
            .unwrap()
            .collect::<Result<_>>()
            .unwrap()
    });
    let ps = w13_prices();
    bench.run("W13", c, |c| -> Vec<i64> {
        ps.iter()
            .map(|p| {
                c.prepare_cached("select count(*) from book where price > ?")
                    .unwrap()
                    .query_row([p], |r| r.get(0))
                    .unwrap()
            })
            .collect()
    });
    if bench.wants("W11") {
        let c = &mut Connection::open(bench.db())?;
        for p in PRAGMAS {
            c.execute_batch(p)?;
        }
        c.execute_batch("PRAGMA synchronous=OFF")?;
        let news = w11_books();
        bench.run_insert(
            "W11",
            c,
            del,
            |c, _| {
                let one = |b: &NewBook| {
                    let mut s = c.prepare_cached(INSERT).unwrap();
                    s.insert(params![b.title, b.author_id, b.publisher_id, b.published, b.price, b.pages, b.summary])
                        .unwrap()
                };
                news.iter().map(one).collect::<Vec<i64>>()
            },
            written,
        );
    }
    Ok(())
}
