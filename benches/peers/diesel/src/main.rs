use common::{Bench, NewBook, PRAGMAS, W6_BOOKS, W8_BOOKS, sum_of};
use diesel::prelude::*;
use diesel::{connection::SimpleConnection, delete, insert_into, update};

diesel::table! { author (id) { id -> BigInt, name -> Text, country -> Text, bio -> Text, } }
diesel::table! { publisher (id) { id -> BigInt, name -> Text, city -> Text, } }
diesel::table! { book (id) { id -> BigInt, title -> Text, author_id -> BigInt, publisher_id -> Nullable<BigInt>, published -> Text, price -> Double, pages -> BigInt, summary -> Text, } }
diesel::table! { review (id) { id -> BigInt, book_id -> BigInt, stars -> BigInt, body -> Text, } }
diesel::table! { tag (id) { id -> BigInt, name -> Text, } }
diesel::table! { book_tag (id) { id -> BigInt, book_id -> BigInt, tag_id -> BigInt, } }
diesel::joinable!(book -> author (author_id));
diesel::joinable!(book -> publisher (publisher_id));
diesel::joinable!(review -> book (book_id));
diesel::joinable!(book_tag -> book (book_id));
diesel::joinable!(book_tag -> tag (tag_id));
diesel::allow_tables_to_appear_in_same_query!(author, publisher, book, review, tag, book_tag);

#[derive(Queryable, Selectable, Identifiable, Clone)]
#[diesel(table_name = author)]
struct Author {
    id: i64,
    name: String,
    country: String,
    bio: String,
}
#[derive(Queryable, Selectable, Identifiable, Clone)]
#[diesel(table_name = publisher)]
struct Publisher {
    id: i64,
    name: String,
    city: String,
}
#[derive(Queryable, Selectable, Identifiable, Associations, Clone)]
#[diesel(table_name = book, belongs_to(Author), belongs_to(Publisher))]
struct Book {
    id: i64,
    title: String,
    author_id: i64,
    publisher_id: Option<i64>,
    published: String,
    price: f64,
    pages: i64,
    summary: String,
}
#[derive(Queryable, Selectable, Identifiable, Associations, Clone)]
#[diesel(table_name = review, belongs_to(Book))]
struct Review {
    id: i64,
    book_id: i64,
    stars: i64,
    body: String,
}
#[derive(Queryable, Selectable, Identifiable, Clone)]
#[diesel(table_name = tag)]
struct Tag {
    id: i64,
    name: String,
}
#[derive(Queryable, Selectable, Identifiable, Associations, Clone)]
#[diesel(table_name = book_tag, belongs_to(Book), belongs_to(Tag))]
#[allow(dead_code)]
struct BookTag {
    id: i64,
    book_id: i64,
    tag_id: i64,
}
common::impl_sum!(Author: id, name, country, bio);
common::impl_sum!(Publisher: id, name, city);
common::impl_sum!(Book: id, title, author_id, publisher_id, published, price, pages, summary);
common::impl_sum!(Review: id, book_id, stars, body);
common::impl_sum!(Tag: id, name);

#[derive(Insertable)]
#[diesel(table_name = book)]
struct New<'a> {
    title: &'a str,
    author_id: i64,
    publisher_id: Option<i64>,
    published: &'a str,
    price: f64,
    pages: i64,
    summary: &'a str,
}
impl<'a> From<&'a NewBook> for New<'a> {
    fn from(b: &'a NewBook) -> Self {
        New {
            title: &b.title,
            author_id: b.author_id,
            publisher_id: b.publisher_id,
            published: &b.published,
            price: b.price,
            pages: b.pages,
            summary: &b.summary,
        }
    }
}

fn open(p: std::path::PathBuf) -> SqliteConnection {
    let mut c = SqliteConnection::establish(p.to_str().unwrap()).unwrap();
    for p in PRAGMAS {
        c.batch_execute(p).unwrap();
    }
    c
}
fn load_all(c: &mut SqliteConnection) -> Vec<Book> {
    book::table.select(Book::as_select()).load(c).unwrap()
}

fn main() {
    let mut bench = Bench::new("diesel");
    let c = &mut open(bench.db());
    let v: String =
        diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>("sqlite_version()")).get_result(c).unwrap();
    bench.version(&v, "diesel 2.3.14");
    bench.run("W1", c, load_all);
    let ids = common::w2_ids();
    bench.run("W2", c, |c| -> Vec<Book> {
        ids.iter().map(|id| book::table.find(*id).select(Book::as_select()).first(c).unwrap()).collect()
    });
    let ids = common::w3_authors();
    bench.run("W3", c, |c| -> Vec<Vec<Book>> {
        ids.iter()
            .map(|id| {
                book::table
                    .filter(book::author_id.eq(*id))
                    .order(book::published.desc())
                    .limit(10)
                    .select(Book::as_select())
                    .load(c)
                    .unwrap()
            })
            .collect()
    });
    bench.run("W4", c, |c| -> Vec<(Book, Author, Option<Publisher>)> {
        book::table
            .inner_join(author::table)
            .left_join(publisher::table)
            .select((Book::as_select(), Author::as_select(), Option::<Publisher>::as_select()))
            .load(c)
            .unwrap()
    });
    bench.run("W5", c, |c| -> Vec<(Author, Vec<Book>)> {
        let a: Vec<Author> = author::table.select(Author::as_select()).load(c).unwrap();
        let b: Vec<Book> = Book::belonging_to(&a).select(Book::as_select()).load(c).unwrap();
        let b = b.grouped_by(&a);
        a.into_iter().zip(b).collect()
    });
    bench.run("W6", c, |c| -> Vec<(Book, Vec<Tag>)> {
        let b: Vec<Book> = book::table.filter(book::id.le(W6_BOOKS)).select(Book::as_select()).load(c).unwrap();
        let t: Vec<(BookTag, Tag)> = BookTag::belonging_to(&b)
            .inner_join(tag::table)
            .select((BookTag::as_select(), Tag::as_select()))
            .load(c)
            .unwrap();
        let t = t.grouped_by(&b);
        b.into_iter().zip(t).map(|(b, t)| (b, t.into_iter().map(|x| x.1).collect())).collect()
    });
    bench.run("W7", c, |c| -> Vec<(Author, Vec<(Book, Vec<Review>)>)> {
        let a: Vec<Author> = author::table.select(Author::as_select()).load(c).unwrap();
        let b: Vec<Book> = Book::belonging_to(&a).select(Book::as_select()).load(c).unwrap();
        let r: Vec<Review> = Review::belonging_to(&b).select(Review::as_select()).load(c).unwrap();
        let r = r.grouped_by(&b);
        let b: Vec<Vec<(Book, Vec<Review>)>> = b.into_iter().zip(r).grouped_by(&a);
        a.into_iter().zip(b).collect()
    });
    bench.run("W8", c, |c| -> Vec<(Book, Author)> {
        let b: Vec<Book> = book::table.filter(book::id.le(W8_BOOKS)).select(Book::as_select()).load(c).unwrap();
        b.into_iter()
            .map(|b| {
                let a = author::table.find(b.author_id).select(Author::as_select()).first(c).unwrap();
                (b, a)
            })
            .collect()
    });
    let news = common::w9_books();
    let del = |c: &mut SqliteConnection, _: usize| {
        delete(book::table.filter(book::id.gt(20_000))).execute(c).unwrap();
    };
    let sum = |c: &mut SqliteConnection, _: &()| sum_of(&load_all(c));
    // one insert_into(vec of rows): multi-row VALUES, 1000 rows a statement (7 x 1000 parameters)
    let written = |c: &mut SqliteConnection| sum_of(&load_all(c));
    bench.run_insert(
        "W9",
        c,
        |c, i| {
            del(c, i);
            news.iter().map(New::from).collect::<Vec<_>>()
        },
        |c, rows| {
            c.transaction::<_, diesel::result::Error, _>(|c| {
                for k in rows.chunks(1000) {
                    insert_into(book::table).values(k).execute(c)?;
                }
                Ok(())
            })
            .unwrap()
        },
        written,
    );
    if bench.wants("W9_loop") {
        bench.run_with(
            "W9_loop",
            c,
            del,
            |c, _| {
                c.transaction::<_, diesel::result::Error, _>(|c| {
                    for b in &news {
                        insert_into(book::table).values(New::from(b)).execute(c)?;
                    }
                    Ok(())
                })
                .unwrap()
            },
            sum,
        );
    }
    del(c, 0);
    bench.run_with(
        "W10",
        c,
        |_, i| common::w10_changes(i),
        |c, ch| {
            c.transaction::<_, diesel::result::Error, _>(|c| {
                for x in &ch {
                    update(book::table.find(x.id))
                        .set((book::price.eq(x.price), book::title.eq(&x.title)))
                        .execute(c)?;
                }
                Ok(())
            })
            .unwrap()
        },
        sum,
    );
    bench.run("W12", c, |c| -> Vec<(i64, String)> { book::table.select((book::id, book::title)).load(c).unwrap() });
    let ps = common::w13_prices();
    bench.run("W13", c, |c| -> Vec<i64> {
        ps.iter().map(|p| book::table.filter(book::price.gt(*p)).count().get_result(c).unwrap()).collect()
    });
    if bench.wants("W11") {
        let c = &mut open(bench.db());
        c.batch_execute("PRAGMA synchronous=OFF").unwrap();
        let news = common::w11_books();
        bench.run_insert(
            "W11",
            c,
            |c, i| {
                del(c, i);
                news.iter().map(New::from).collect::<Vec<_>>()
            },
            |c, rows| {
                for row in rows {
                    insert_into(book::table).values(row).execute(c).unwrap();
                }
            },
            written,
        );
    }
}
