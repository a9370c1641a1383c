//! sqlx 0.9: one SqliteConnection (no pool), derive(FromRow), its statement cache, QueryBuilder for lists.
use common::{Bench, NewBook, W6_BOOKS, W8_BOOKS, sum_of};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, FromRow, QueryBuilder, Row, Sqlite, SqliteConnection};
use std::collections::HashMap;

macro_rules! model { ($n:ident { $($f:ident : $t:ty),* }) => { #[derive(FromRow, Clone)] struct $n { $($f: $t),* } common::impl_sum!($n: $($f),*); } }
model!(Author { id: i64, name: String, country: String, bio: String });
model!(Publisher { id: i64, name: String, city: String });
model!(Book { id: i64, title: String, author_id: i64, publisher_id: Option<i64>, published: String, price: f64, pages: i64, summary: String });
model!(Review { id: i64, book_id: i64, stars: i64, body: String });
model!(Tag { id: i64, name: String });

struct Cx {
    rt: tokio::runtime::Runtime,
    c: SqliteConnection,
}
fn open(p: std::path::PathBuf, sync: SqliteSynchronous) -> Cx {
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let o = SqliteConnectOptions::new()
        .filename(p)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(sync)
        .foreign_keys(true)
        .pragma("cache_size", "-65536")
        .pragma("temp_store", "MEMORY");
    let c = rt.block_on(SqliteConnection::connect_with(&o)).unwrap();
    Cx { rt, c }
}
async fn load_all(c: &mut SqliteConnection) -> Vec<Book> {
    sqlx::query_as::<_, Book>("select id,title,author_id,publisher_id,published,price,pages,summary from book")
        .fetch_all(c)
        .await
        .unwrap()
}
fn list<'a>(head: &str, ids: &[i64]) -> QueryBuilder<Sqlite> {
    let mut q = QueryBuilder::<Sqlite>::new(head);
    let mut s = q.separated(",");
    for id in ids {
        s.push_bind(*id);
    }
    q.push(")");
    q
}
async fn authors_books(c: &mut SqliteConnection) -> (Vec<Author>, HashMap<i64, usize>, Vec<Book>) {
    let a: Vec<Author> = sqlx::query_as("select id,name,country,bio from author").fetch_all(&mut *c).await.unwrap();
    let ids: Vec<i64> = a.iter().map(|a| a.id).collect();
    let b: Vec<Book> = list(
        "select id,title,author_id,publisher_id,published,price,pages,summary from book where author_id in (",
        &ids,
    )
    .build_query_as()
    .fetch_all(c)
    .await
    .unwrap();
    let m = ids.iter().enumerate().map(|(i, id)| (*id, i)).collect();
    (a, m, b)
}
fn insert(chunk: &[NewBook]) -> QueryBuilder<Sqlite> {
    let mut q =
        QueryBuilder::<Sqlite>::new("insert into book(title,author_id,publisher_id,published,price,pages,summary) ");
    q.push_values(chunk, |mut s, b| {
        s.push_bind(b.title.clone())
            .push_bind(b.author_id)
            .push_bind(b.publisher_id)
            .push_bind(b.published.clone())
            .push_bind(b.price)
            .push_bind(b.pages)
            .push_bind(b.summary.clone());
    });
    q
}

fn main() {
    let mut bench = Bench::new("sqlx");
    let c = &mut open(bench.db(), SqliteSynchronous::Normal);
    let v: String = c.rt.block_on(sqlx::query_scalar("select sqlite_version()").fetch_one(&mut c.c)).unwrap();
    bench.version(&v, "sqlx 0.9.0");
    bench.run("W1", c, |Cx { rt, c }| rt.block_on(load_all(c)));
    let ids = common::w2_ids();
    bench.run("W2", c, |Cx { rt, c }| -> Vec<Book> {
        rt.block_on(async {
            let mut v = Vec::with_capacity(ids.len());
            for id in &ids {
                v.push(
                    sqlx::query_as(
                        "select id,title,author_id,publisher_id,published,price,pages,summary from book where id=?",
                    )
                    .bind(id)
                    .fetch_one(&mut *c)
                    .await
                    .unwrap(),
                );
            }
            v
        })
    });
    let ids = common::w3_authors();
    bench.run("W3", c, |Cx { rt, c }| -> Vec<Vec<Book>> {
        rt.block_on(async {
            let mut v = Vec::with_capacity(ids.len());
            for id in &ids {
                v.push(sqlx::query_as("select id,title,author_id,publisher_id,published,price,pages,summary from book where author_id=? order by published desc limit 10").bind(id).fetch_all(&mut *c).await.unwrap());
            }
            v
        })
    });
    bench.run("W4", c, |Cx { rt, c }| -> Vec<(Book, Author, Option<Publisher>)> {
        rt.block_on(async {
            let rows = sqlx::query("select b.id,b.title,b.author_id,b.publisher_id,b.published,b.price,b.pages,b.summary,a.id,a.name,a.country,a.bio,p.id,p.name,p.city from book b join author a on a.id=b.author_id left join publisher p on p.id=b.publisher_id")
                .try_map(|r: sqlx::sqlite::SqliteRow| {
                    let p = match r.try_get::<Option<i64>, _>(12)? {
                        None => None,
                        Some(id) => Some(Publisher { id, name: r.try_get(13)?, city: r.try_get(14)? }),
                    };
                    Ok((
                        Book { id: r.try_get(0)?, title: r.try_get(1)?, author_id: r.try_get(2)?, publisher_id: r.try_get(3)?, published: r.try_get(4)?, price: r.try_get(5)?, pages: r.try_get(6)?, summary: r.try_get(7)? },
                        Author { id: r.try_get(8)?, name: r.try_get(9)?, country: r.try_get(10)?, bio: r.try_get(11)? },
                        p,
                    ))
                })
                .fetch_all(c)
                .await
                .unwrap();
            rows
        })
    });
    bench.run("W5", c, |Cx { rt, c }| -> Vec<(Author, Vec<Book>)> {
        rt.block_on(async {
            let (a, m, b) = authors_books(c).await;
            let mut v: Vec<(Author, Vec<Book>)> = a.into_iter().map(|a| (a, vec![])).collect();
            for b in b {
                v[m[&b.author_id]].1.push(b);
            }
            v
        })
    });
    bench.run("W6", c, |Cx { rt, c }| -> Vec<(Book, Vec<Tag>)> {
        rt.block_on(async {
            let b: Vec<Book> = sqlx::query_as(
                "select id,title,author_id,publisher_id,published,price,pages,summary from book where id<=?",
            )
            .bind(W6_BOOKS)
            .fetch_all(&mut *c)
            .await
            .unwrap();
            let ids: Vec<i64> = b.iter().map(|b| b.id).collect();
            let m: HashMap<i64, usize> = ids.iter().enumerate().map(|(i, id)| (*id, i)).collect();
            let t: Vec<(i64, i64, String)> = list(
                "select bt.book_id,t.id,t.name from book_tag bt join tag t on t.id=bt.tag_id where bt.book_id in (",
                &ids,
            )
            .build_query_as()
            .fetch_all(&mut *c)
            .await
            .unwrap();
            let mut v: Vec<(Book, Vec<Tag>)> = b.into_iter().map(|a| (a, vec![])).collect();
            for (b, id, name) in t {
                v[m[&b]].1.push(Tag { id, name });
            }
            v
        })
    });
    bench.run("W7", c, |Cx { rt, c }| -> Vec<(Author, Vec<(Book, Vec<Review>)>)> {
        rt.block_on(async {
            let (a, m, b) = authors_books(c).await;
            let ids: Vec<i64> = b.iter().map(|b| b.id).collect();
            let r: Vec<Review> = list("select id,book_id,stars,body from review where book_id in (", &ids)
                .build_query_as()
                .fetch_all(c)
                .await
                .unwrap();
            let bm: HashMap<i64, usize> = ids.iter().enumerate().map(|(i, id)| (*id, i)).collect();
            let mut bs: Vec<(Book, Vec<Review>)> = b.into_iter().map(|a| (a, vec![])).collect();
            for r in r {
                bs[bm[&r.book_id]].1.push(r);
            }
            let mut v: Vec<(Author, Vec<(Book, Vec<Review>)>)> = a.into_iter().map(|a| (a, vec![])).collect();
            for b in bs {
                v[m[&b.0.author_id]].1.push(b);
            }
            v
        })
    });
    bench.run("W8", c, |Cx { rt, c }| -> Vec<(Book, Author)> {
        rt.block_on(async {
            let b: Vec<Book> = sqlx::query_as(
                "select id,title,author_id,publisher_id,published,price,pages,summary from book where id<=?",
            )
            .bind(W8_BOOKS)
            .fetch_all(&mut *c)
            .await
            .unwrap();
            let mut v = vec![];
            for b in b {
                let a = sqlx::query_as("select id,name,country,bio from author where id=?")
                    .bind(b.author_id)
                    .fetch_one(&mut *c)
                    .await
                    .unwrap();
                v.push((b, a));
            }
            v
        })
    });
    let news = common::w9_books();
    let del = |Cx { rt, c }: &mut Cx, _: usize| {
        rt.block_on(sqlx::query("delete from book where id>20000").execute(c)).unwrap();
    };
    let sum = |Cx { rt, c }: &mut Cx, _: &()| sum_of(&rt.block_on(load_all(c)));
    bench.run_insert(
        "W9",
        c,
        del,
        |Cx { rt, c }, _| {
            rt.block_on(async {
                let mut tx = c.begin().await.unwrap();
                for k in news.chunks(1000) {
                    insert(k).build().execute(&mut *tx).await.unwrap();
                }
                tx.commit().await.unwrap();
            })
        },
        |c| sum(c, &()),
    );
    if bench.wants("W9_loop") {
        bench.run_with("W9_loop", c, del, |Cx { rt, c }, _| {
            rt.block_on(async {
                let mut tx = c.begin().await.unwrap();
                for b in &news {
                    sqlx::query("insert into book(title,author_id,publisher_id,published,price,pages,summary) values (?,?,?,?,?,?,?)").bind(&b.title).bind(b.author_id).bind(b.publisher_id).bind(&b.published).bind(b.price).bind(b.pages).bind(&b.summary).execute(&mut *tx).await.unwrap();
                }
                tx.commit().await.unwrap();
            })
        }, sum);
    }
    bench.run_with(
        "W10",
        c,
        |_, i| common::w10_changes(i),
        |Cx { rt, c }, ch| {
            rt.block_on(async {
                let mut tx = c.begin().await.unwrap();
                for k in ch.chunks(500) {
                    let mut q = QueryBuilder::<Sqlite>::new("update book set price=v.column2, title=v.column3 from (");
                    q.push_values(k, |mut s, x| {
                        s.push_bind(x.id).push_bind(x.price).push_bind(x.title.clone());
                    });
                    q.push(") v where book.id=v.column1");
                    q.build().execute(&mut *tx).await.unwrap();
                }
                tx.commit().await.unwrap();
            })
        },
        sum,
    );
    if bench.wants("W10_loop") {
        bench.run_with(
            "W10_loop",
            c,
            |_, i| common::w10_changes(i),
            |Cx { rt, c }, ch| {
                rt.block_on(async {
                    let mut tx = c.begin().await.unwrap();
                    for x in &ch {
                        sqlx::query("update book set price=?, title=? where id=?")
                            .bind(x.price)
                            .bind(&x.title)
                            .bind(x.id)
                            .execute(&mut *tx)
                            .await
                            .unwrap();
                    }
                    tx.commit().await.unwrap();
                })
            },
            sum,
        );
    }
    bench.run("W12", c, |Cx { rt, c }| -> Vec<(i64, String)> {
        rt.block_on(sqlx::query_as("select id,title from book").fetch_all(c)).unwrap()
    });
    let ps = common::w13_prices();
    bench.run("W13", c, |Cx { rt, c }| -> Vec<i64> {
        rt.block_on(async {
            let mut v = Vec::with_capacity(ps.len());
            for p in &ps {
                v.push(
                    sqlx::query_scalar("select count(*) from book where price > ?")
                        .bind(p)
                        .fetch_one(&mut *c)
                        .await
                        .unwrap(),
                );
            }
            v
        })
    });
    if bench.wants("W11") {
        let c = &mut open(bench.db(), SqliteSynchronous::Off);
        let news = common::w11_books();
        bench.run_insert("W11", c, del, |Cx { rt, c }, _| {
            rt.block_on(async {
                for b in &news {
                    sqlx::query("insert into book(title,author_id,publisher_id,published,price,pages,summary) values (?,?,?,?,?,?,?)").bind(&b.title).bind(b.author_id).bind(b.publisher_id).bind(&b.published).bind(b.price).bind(b.pages).bind(&b.summary).execute(&mut *c).await.unwrap();
                }
            })
        }, |c| sum(c, &()));
    }
}
