//! Values that are no column: literals, a random number, the time; and what can be said of any value.

use std::sync::Arc;

use super::{Cond, Expr, IntoExpr};
use crate::plan::Node;
use crate::statement::Function;
use crate::value::{Bind, IsMany, JsonBase, Kind, Lit, One, Value};

/// A literal as an expression. A bare `1` is an `i32`.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub pages: i32 }
/// let books = Book::objects().values_list(|b| (b.id(), value("book"), value(1000) - b.pages(), value(None::<i64>)));
/// assert_eq!(books.to_sql(), r#"SELECT "book"."id", ?1, ?2 - "book"."pages", ?3 FROM "book""#);
/// ```
pub fn value<R, V: IntoExpr<R, Kind = Lit>>(value: V) -> Expr<R, V::T, Lit> {
    Expr::new(value.into_node())
}

/// A random integer, another one for each row.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64 }
/// let any_three = Book::objects().order_by(|_| random()).limit(3);
/// assert_eq!(any_three.to_sql(), r#"SELECT "book"."id" FROM "book" ORDER BY random() LIMIT ?1"#);
/// ```
pub fn random<R>() -> Expr<R, i64, One> {
    Expr::new(Node::call(Function::Random, Vec::new()))
}

/// The time at which the statement runs, in thousandths of a second; the same for all of its rows.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Job { pub id: i64, pub due: eager_orm::Timestamp }
/// let late = Job::objects().filter(|j| j.due().lt(now()));
/// // .. WHERE "job"."due" < rtrim(rtrim(strftime('%Y-%m-%d %H:%M:%f', 'now'), '0'), '.')
/// assert!(late.to_sql().ends_with(r#" WHERE "job"."due" < rtrim(rtrim(strftime(?1, ?2), ?3), ?4)"#));
/// ```
#[cfg(feature = "jiff")]
pub fn now<R>() -> Expr<R, jiff::Timestamp, Lit> {
    let text = |text: &'static str| Node::bind(Bind::Text(text.into()));
    let now = Node::call(Function::Strftime, vec![text("%Y-%m-%d %H:%M:%f"), text("now")]);
    // As a `Timestamp` is stored: without zeros at the end of its fraction, and without a fraction where it is zero.
    let short = Node::call(Function::Rtrim, vec![now, text("0")]);
    Expr::new(Node::call(Function::Rtrim, vec![short, text(".")]))
}

impl<R, T: Value, K: Kind> Expr<R, T, K> {
    /// The name of this value in a [`Record`](crate::Record).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # Book::create().title("Dune").save(&db)?;
    /// // SELECT upper("book"."title") FROM "book"
    /// let books = Book::objects().values(|b| b.title().upper().named("up")).all(&db)?;
    /// assert_eq!(serde_json::to_string(&books).unwrap(), r#"[{"up":"DUNE"}]"#);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn named(self, name: &str) -> Self {
        Expr::new(self.node.named(Arc::from(name)))
    }

    /// The value in the row that `values_list` joined. A column behind a to-many relation has not one value for each
    /// row; but a `values_list` of such a column has a row for each related row, and there it has.
    ///
    /// Where nothing joined the related rows it is [`Error::Misuse`](crate::Error::Misuse) when the query runs.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub name: String, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub author: ForeignKey<Author> }
    /// let titles = Author::objects()
    ///     .values_list(|a| (a.name(), a.books().title()))
    ///     .order_by(|a| (a.name(), a.books().title().joined()));
    /// assert_eq!(
    ///     titles.to_sql(),
    ///     r#"SELECT "author"."name", "books"."title" FROM "author" LEFT JOIN "book" AS "books" ON "books"."author_id" = "author"."id" ORDER BY "author"."name", "books"."title""#,
    /// );
    /// ```
    pub fn joined(&self) -> Expr<R, T, One>
    where
        K: IsMany,
    {
        Expr::new(self.node.clone())
    }

    /// A value in a text of JSON, by its path; NULL where there is none. What is there has to be a `V`.
    ///
    /// Text that is no JSON, and a path that is none, are errors when the query runs.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Event { pub id: i64, pub body: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Event])?;
    /// # Event::create().body(r#"{"user": {"name": "Ann"}, "tries": 3}"#).save(&db)?;
    /// // SELECT json_extract("event"."body", '$.user.name') FROM "event" WHERE json_extract("event"."body", '$.tries') > 2
    /// let names = Event::objects()
    ///     .filter(|e| e.body().json::<i64>("$.tries").gt(2))
    ///     .values_list(|e| e.body().json::<String>("$.user.name"))
    ///     .all(&db)?;
    /// assert_eq!(names, [Some("Ann".to_owned())]);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn json<V: Value<Base = V>>(&self, path: &str) -> Expr<R, V::Nullable, K::Computed>
    where
        T::Base: JsonBase,
    {
        let path = Node::bind(Bind::Text(path.to_owned().into()));
        Expr::new(Node::call(Function::JsonExtract, vec![self.node.clone(), path]))
    }
}

impl<R> Cond<R> {
    /// The name of this condition in a [`Record`](crate::Record).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # Book::create().pages(900).save(&db)?;
    /// // SELECT "book"."id", "book"."pages" > 500 FROM "book"
    /// let books = Book::objects().values(|b| (b.id(), b.pages().gt(500).named("long"))).all(&db)?;
    /// assert_eq!(serde_json::to_string(&books).unwrap(), r#"[{"id":1,"long":true}]"#);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn named(self, name: &str) -> Self {
        Cond::new(self.node.named(Arc::from(name)))
    }
}
