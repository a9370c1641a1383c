//! ruprizzle 1.6 on its rusqlite driver, a pool of one connection. Models and columns are what its generator writes (without the traits' arms for the
//! databases that are not used, which a macro fills in), queries and includes are written as its examples write them.
use std::collections::HashMap;

use common::{Bench, Keys, NewBook, W6_BOOKS, W8_BOOKS, sum_of};
use ruprizzle::sqlx::{self, ColumnIndex, Decode, Type};
use ruprizzle::{
    Column, Encodable, Executor, Filter, FilterNode, IncludeList, IncludeMany, IncludeOne, InsertManyQuery,
    InsertQuery, Model, Pool, PoolConfig, Related, SelectQuery, Tx, UpdateQuery, Value, raw,
};

/// A model: its row's traits and its columns, as generated code has them.
macro_rules! model {
    ($module:ident, $name:ident, $table:literal, [$(($i:literal, $field:ident, $column:ident, $ty:ty)),*], [$($relation:ident: $related:ty),*]) => {
        #[derive(Debug, Clone)]
        pub struct $name {
            $(pub $field: $ty,)*
            $(pub $relation: Related<$related>,)*
        }
        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $name
        where
            usize: ColumnIndex<R>,
            i64: for<'a> Decode<'a, R::Database> + Type<R::Database>,
            Option<i64>: for<'a> Decode<'a, R::Database> + Type<R::Database>,
            f64: for<'a> Decode<'a, R::Database> + Type<R::Database>,
            String: for<'a> Decode<'a, R::Database> + Type<R::Database>,
        {
            fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
                Ok(Self { $($field: row.try_get($i)?,)* $($relation: Related::default(),)* })
            }
        }
        impl ruprizzle::rusqlite::FromRusqliteRow for $name {
            fn from_rusqlite_row(row: &ruprizzle::rusqlite::RusqliteRow) -> Result<Self, ruprizzle::Error> {
                Ok(Self { $($field: ruprizzle::rusqlite::get::<$ty>(row, $i)?,)* $($relation: Related::default(),)* })
            }
        }
        impl ruprizzle::rusqlite::FromOwnedRow for $name {
            fn from_owned_row(row: &ruprizzle::rusqlite::Row) -> Result<Self, ruprizzle::Error> {
                Ok(Self { $($field: row.get::<$ty>($i)?,)* $($relation: Related::default(),)* })
            }
        }
        impl Model for $name {
            const TABLE: &'static str = $table;
            const PRIMARY_KEY: &'static str = "id";
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),*];
        }
        #[allow(dead_code)]
        pub mod $module {
            use super::*;
            $(pub const $column: Column<$name, $ty> = Column::new($table, stringify!($field));)*
        }
    };
}
model!(author, Author, "author", [(0, id, ID, i64), (1, name, NAME, String), (2, country, COUNTRY, String), (3, bio, BIO, String)], [books: Vec<Book>]);
model!(publisher, Publisher, "publisher", [(0, id, ID, i64), (1, name, NAME, String), (2, city, CITY, String)], []);
model!(book, Book, "book", [
    (0, id, ID, i64), (1, title, TITLE, String), (2, author_id, AUTHOR_ID, i64), (3, publisher_id, PUBLISHER_ID, Option<i64>),
    (4, published, PUBLISHED, String), (5, price, PRICE, f64), (6, pages, PAGES, i64), (7, summary, SUMMARY, String)
], [author: Option<Author>, publisher: Option<Publisher>, reviews: Vec<Review>, tags: Vec<Tag>]);
model!(
    review,
    Review,
    "review",
    [(0, id, ID, i64), (1, book_id, BOOK_ID, i64), (2, stars, STARS, i64), (3, body, BODY, String)],
    []
);
model!(tag, Tag, "tag", [(0, id, ID, i64), (1, name, NAME, String)], []);
model!(book_tag, BookTag, "book_tag", [(0, id, ID, i64), (1, book_id, BOOK_ID, i64), (2, tag_id, TAG_ID, i64)], []);
common::impl_sum!(Author: id, name, country, bio);
common::impl_sum!(Publisher: id, name, city);
common::impl_sum!(Book: id, title, author_id, publisher_id, published, price, pages, summary);
common::impl_sum!(Review: id, book_id, stars, body);
common::impl_sum!(Tag: id, name);

struct Cx {
    rt: tokio::runtime::Runtime,
    pool: Pool,
}
fn open(path: std::path::PathBuf, sync: &'static str) -> Cx {
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = format!("sqlite://{}?mode=rwc&driver=rusqlite", path.display());
    let pool = rt.block_on(async {
        let mut config = PoolConfig::default();
        config.max_connections = 1;
        let pool = ruprizzle::connect_with(&url, &config).await.unwrap();
        for pragma in common::PRAGMAS.iter().copied().skip(1).chain([sync]) {
            pool.execute_raw(pragma.into(), Vec::new()).await.unwrap();
        }
        pool
    });
    Cx { rt, pool }
}
/// Rows that came back of an insert.
struct Created(Vec<Book>);
impl Keys for Created {
    fn keys(&self) -> Option<Vec<i64>> {
        Some(self.0.iter().map(|book| book.id).collect())
    }
}
fn columns(b: &NewBook) -> [(&'static str, Value); 7] {
    [
        ("title", b.title.to_value()),
        ("author_id", b.author_id.to_value()),
        ("publisher_id", b.publisher_id.to_value()),
        ("published", b.published.to_value()),
        ("price", b.price.to_value()),
        ("pages", b.pages.to_value()),
        ("summary", b.summary.to_value()),
    ]
}
fn books() -> IncludeList<'static, Author, Book, i64> {
    IncludeList::new(|a: &Author| a.id, |a, books| a.books = books, book::AUTHOR_ID, |b: &Book| b.author_id)
}

fn main() {
    let mut bench = Bench::new("ruprizzle");
    let c = &mut open(bench.db(), "PRAGMA synchronous=NORMAL");
    bench.version("(that of its bindings)", "ruprizzle 1.6.0");
    bench.run("W1", c, |Cx { rt, pool }| rt.block_on(SelectQuery::<Book>::new(pool).fetch_all()).unwrap());
    let ids = common::w2_ids();
    bench.run("W2", c, |Cx { rt, pool }| -> Vec<Book> {
        rt.block_on(async {
            let mut v = Vec::with_capacity(ids.len());
            for id in &ids {
                v.push(SelectQuery::<Book>::new(pool).filter(book::ID.eq(*id)).fetch_one().await.unwrap());
            }
            v
        })
    });
    let ids = common::w3_authors();
    bench.run("W3", c, |Cx { rt, pool }| -> Vec<Vec<Book>> {
        rt.block_on(async {
            let mut v = Vec::with_capacity(ids.len());
            for id in &ids {
                let some = SelectQuery::<Book>::new(pool).filter(book::AUTHOR_ID.eq(*id));
                v.push(some.order_by(book::PUBLISHED.desc()).limit(10).fetch_all().await.unwrap());
            }
            v
        })
    });
    bench.run_with(
        "W4",
        c,
        |_, _| (),
        |Cx { rt, pool }, _| {
            // A query takes one relation to include, its joins one table: the publishers are a query by hand.
            let author =
                IncludeOne::new(|b: &Book| b.author_id, |b, author| b.author = author, author::ID, |a: &Author| a.id);
            rt.block_on(async {
                let mut books = SelectQuery::<Book>::new(pool).include(author).exec().await.unwrap();
                let mut keys: Vec<i64> = books.iter().filter_map(|b| b.publisher_id).collect();
                keys.sort_unstable();
                keys.dedup();
                let publishers =
                    SelectQuery::<Publisher>::new(pool).filter(publisher::ID.in_set(keys)).fetch_all().await.unwrap();
                let by_key: HashMap<i64, Publisher> = publishers.into_iter().map(|p| (p.id, p)).collect();
                for b in &mut books {
                    b.publisher = Related::Loaded(b.publisher_id.map(|key| by_key[&key].clone()));
                }
                books
            })
        },
        |_, v: &Vec<Book>| {
            let parents = |b| {
                let b: &Book = b;
                (b, b.author.get().as_ref().unwrap(), b.publisher.get().as_ref())
            };
            sum_of(&v.iter().map(parents).collect::<Vec<_>>())
        },
    );
    bench.run_with(
        "W5",
        c,
        |_, _| (),
        |Cx { rt, pool }, _| rt.block_on(SelectQuery::<Author>::new(pool).include(books()).exec()).unwrap(),
        |_, v: &Vec<Author>| {
            sum_of(&v.iter().map(|a| (a, a.books.get().iter().collect::<Vec<_>>())).collect::<Vec<_>>())
        },
    );
    bench.run_with(
        "W6",
        c,
        |_, _| (),
        |Cx { rt, pool }, _| {
            let tags = IncludeMany::<Book, Tag, BookTag, i64, i64>::new(
                |b| b.id,
                |b, tags| b.tags = tags,
                |j| j.book_id,
                |j| j.tag_id,
                |t| t.id,
                book_tag::BOOK_ID,
                book_tag::TAG_ID,
                tag::ID,
            );
            rt.block_on(SelectQuery::<Book>::new(pool).filter(book::ID.lte(W6_BOOKS)).include(tags).exec()).unwrap()
        },
        |_, v: &Vec<Book>| sum_of(&v.iter().map(|b| (b, b.tags.get().iter().collect::<Vec<_>>())).collect::<Vec<_>>()),
    );
    bench.run_with(
        "W7",
        c,
        |_, _| (),
        |Cx { rt, pool }, _| {
            let reviews = IncludeList::new(
                |b: &Book| b.id,
                |b, reviews| b.reviews = reviews,
                review::BOOK_ID,
                |r: &Review| r.book_id,
            );
            rt.block_on(SelectQuery::<Author>::new(pool).include(books().include(reviews)).exec()).unwrap()
        },
        |_, v: &Vec<Author>| {
            let book = |b| {
                let b: &Book = b;
                (b, b.reviews.get().iter().collect::<Vec<_>>())
            };
            sum_of(&v.iter().map(|a| (a, a.books.get().iter().map(book).collect::<Vec<_>>())).collect::<Vec<_>>())
        },
    );
    bench.run("W8", c, |Cx { rt, pool }| -> Vec<(Book, Author)> {
        rt.block_on(async {
            let books = SelectQuery::<Book>::new(pool).filter(book::ID.lte(W8_BOOKS)).fetch_all().await.unwrap();
            let mut v = vec![];
            for b in books {
                let a = SelectQuery::<Author>::new(pool).filter(author::ID.eq(b.author_id)).fetch_one().await.unwrap();
                v.push((b, a));
            }
            v
        })
    });
    let news = common::w9_books();
    let del = |Cx { rt, pool }: &mut Cx, _: usize| {
        rt.block_on(pool.execute_raw("delete from book where id>20000".into(), Vec::new())).unwrap();
    };
    // What is inserted comes back as rows, which the library always does.
    let sum =
        |Cx { rt, pool }: &mut Cx, _: &()| sum_of(&rt.block_on(SelectQuery::<Book>::new(pool).fetch_all()).unwrap());
    bench.run_insert(
        "W9",
        c,
        |c, i| {
            del(c, i);
            news.iter().map(columns).collect::<Vec<_>>()
        },
        |Cx { rt, pool }, rows| Created(rt.block_on(InsertManyQuery::<Book>::new(pool).rows(rows).exec()).unwrap()),
        |c| sum(c, &()),
    );
    del(c, 0);
    bench.run_with(
        "W10",
        c,
        |_, i| common::w10_changes(i),
        |Cx { rt, pool }, ch| {
            rt.block_on(async {
                // Its writing queries take the pool alone: in a transaction their text is what is run.
                let tx = Tx::begin(pool).await.unwrap();
                for x in ch {
                    let update = UpdateQuery::<Book>::new(pool).filter(book::ID.eq(x.id)).set(book::PRICE, x.price);
                    let sql = update.set(book::TITLE, x.title).to_sql().unwrap();
                    tx.execute(&sql.sql, &sql.binds).await.unwrap();
                }
                tx.commit().await.unwrap();
            })
        },
        sum,
    );
    bench.run("W12", c, |Cx { rt, pool }| -> Vec<(i64, String)> {
        rt.block_on(SelectQuery::<Book>::new(pool).columns((book::ID, book::TITLE)).fetch_all()).unwrap()
    });
    let ps = common::w13_prices();
    bench.run("W13", c, |Cx { rt, pool }| -> Vec<i64> {
        rt.block_on(async {
            let mut v = Vec::with_capacity(ps.len());
            for p in &ps {
                // Its columns of f64 have no order.
                v.push(
                    SelectQuery::<Book>::new(pool)
                        .filter(Filter::new(FilterNode::Raw(raw!("\"book\".\"price\" > {}", *p))))
                        .count()
                        .await
                        .unwrap(),
                );
            }
            v
        })
    });
    if bench.wants("W11") {
        let c = &mut open(bench.db(), "PRAGMA synchronous=OFF");
        let news = common::w11_books();
        // What it takes is the query itself, so the rows are made on the way.
        bench.run_insert(
            "W11",
            c,
            del,
            |Cx { rt, pool }, _| {
                rt.block_on(async {
                    let mut created = Vec::with_capacity(news.len());
                    for b in &news {
                        let new = InsertQuery::<Book>::new(pool)
                            .set(book::TITLE, b.title.as_str())
                            .set(book::AUTHOR_ID, b.author_id);
                        let new =
                            new.set(book::PUBLISHER_ID, b.publisher_id).set(book::PUBLISHED, b.published.as_str());
                        let new = new.set(book::PRICE, b.price).set(book::PAGES, b.pages);
                        created.push(new.set(book::SUMMARY, b.summary.as_str()).exec().await.unwrap());
                    }
                    Created(created)
                })
            },
            |c| sum(c, &()),
        );
    }
}
