//! The methods that return a queryset.

use std::ops::{Bound, RangeBounds};

use super::{QuerySet, Records, Shape, ValuesOf};
use crate::db::FetchMode;
use crate::lookup::{DeferSet, JoinSet, OrderSet, Predicate, PrefetchSet};
use crate::model::{Fields, Model, root};
use crate::plan::{COMPOUND, Deferral, Node, NodeKind};

const SLICED: &str = "it is cut off by `limit` or `offset` already, and cannot be filtered or ordered after that";

impl<M: Model, S> QuerySet<M, S> {
    /// The rows for which this holds too.
    ///
    /// In one call, what is said of a to-many relation is said of one and the same related row; two calls may hold of
    /// two rows. Parents are never repeated.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32, pub price: f64 }
    /// let books = Book::objects().filter(|b| b.pages().gt(300) & !b.price().lt(5));
    /// assert_eq!(
    ///     books.to_sql(),
    ///     r#"SELECT "book"."id", "book"."pages", "book"."price" FROM "book" WHERE ("book"."pages" > ?1) AND (("book"."price" < ?2) IS NOT TRUE)"#,
    /// );
    /// ```
    pub fn filter<P: Predicate<M>>(mut self, f: impl FnOnce(Fields<M>) -> P) -> Self {
        let condition = f(self.fields()).cond().node;
        self.with_filter(condition)
    }

    /// The rows for which this does not hold; a row for which it is NULL stays.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub pages: i32 }
    /// let books = Book::objects().exclude(|b| b.pages().gt(300));
    /// assert!(books.to_sql().ends_with(r#"WHERE ("book"."pages" > ?1) IS NOT TRUE"#));
    /// ```
    pub fn exclude<P: Predicate<M>>(mut self, f: impl FnOnce(Fields<M>) -> P) -> Self {
        let condition = f(self.fields()).cond().node;
        self.with_filter(Node::new(NodeKind::Not(condition)))
    }

    /// `filter`, if there is a value: the optional condition of a search form.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// fn search(at_least: Option<i32>) -> QuerySet<Book> {
    ///     Book::objects().filter_if(at_least, |b, pages| b.pages().ge(pages))
    /// }
    /// assert!(!search(None).to_sql().contains("WHERE"));
    /// assert!(search(Some(300)).to_sql().contains("WHERE"));
    /// ```
    pub fn filter_if<V, P: Predicate<M>>(self, value: Option<V>, f: impl FnOnce(Fields<M>, V) -> P) -> Self {
        match value {
            Some(value) => self.filter(|fields| f(fields, value)),
            None => self,
        }
    }

    fn with_filter(mut self, node: Node) -> Self {
        self.refuse_closed();
        self.plan.filters.push(node);
        self
    }

    /// Of a queryset that is cut off by number already.
    fn refuse_sliced(&mut self) {
        if self.plan.is_sliced() {
            self.plan.more.misuse = Some(SLICED);
        }
    }

    /// Of a queryset to which no condition can be added.
    pub(super) fn refuse_closed(&mut self) {
        self.refuse_sliced();
        if !self.plan.more.members.is_empty() {
            self.plan.more.misuse = Some(COMPOUND);
        }
    }

    /// The order, in place of any before and of the model's own; `|_| ()` for none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub pages: i32 }
    /// let books = Book::objects().order_by(|b| (b.pages().desc(), b.title()));
    /// assert!(books.to_sql().ends_with(r#"ORDER BY "book"."pages" DESC, "book"."title""#));
    /// ```
    pub fn order_by<O: OrderSet<M>>(mut self, f: impl FnOnce(Fields<M>) -> O) -> Self {
        self.refuse_sliced();
        let mut order = Vec::new();
        f(self.fields()).orders(&mut order);
        self.plan.order = Some(order);
        self.plan.reversed = false;
        self
    }

    /// The same order from its other end.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub pages: i32 }
    /// let books = Book::objects().order_by(|b| (b.pages().desc(), b.title())).reverse();
    /// assert!(books.to_sql().ends_with(r#"ORDER BY "book"."pages", "book"."title" DESC"#));
    /// ```
    pub fn reverse(mut self) -> Self {
        self.refuse_sliced();
        self.plan.reversed = !self.plan.reversed;
        self
    }

    /// At most so many rows.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub pages: i32 }
    /// let page = Book::objects().order_by(|b| b.title()).limit(20).offset(40);
    /// assert!(page.to_sql().ends_with(r#"ORDER BY "book"."title" LIMIT ?1 OFFSET ?2"#));
    /// ```
    pub fn limit(mut self, rows: u64) -> Self {
        self.plan.limit = Some(rows);
        self
    }

    /// Without the first rows; [`limit`](Self::limit) has an example.
    pub fn offset(mut self, rows: u64) -> Self {
        self.plan.offset = Some(rows);
        self
    }

    /// The rows of these numbers, counted from 0, of those it has: a slice of a slice is a part of it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # for number in 0..10 { Book::create().title(number.to_string()).save(&db)?; }
    /// let books = Book::objects().order_by(|b| b.id()).slice(2..8);
    /// assert!(books.to_sql().ends_with(r#" ORDER BY "book"."id" LIMIT ?1 OFFSET ?2"#));
    /// let titles = books.slice(3..).values_list(|b| b.title()).all(&db)?;
    /// assert_eq!(titles, ["5", "6", "7"]);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn slice(mut self, rows: impl RangeBounds<u64>) -> Self {
        let start = match rows.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match rows.end_bound() {
            Bound::Included(end) => Some(end.saturating_add(1)),
            Bound::Excluded(end) => Some(*end),
            Bound::Unbounded => None,
        };
        let left = self.plan.limit.map(|limit| limit.saturating_sub(start));
        let asked = end.map(|end| end.saturating_sub(start));
        self.plan.limit = match (left, asked) {
            (Some(left), Some(asked)) => Some(left.min(asked)),
            (one, other) => one.or(other),
        };
        if start > 0 {
            self.plan.offset = Some(self.plan.offset.unwrap_or(0).saturating_add(start));
        }
        self
    }

    /// Equal rows once. What values are ordered by tells them apart too: order them by what they select.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub pages: i32 }
    /// let lengths = Book::objects().values_list(|b| b.pages()).distinct();
    /// assert_eq!(lengths.to_sql(), r#"SELECT DISTINCT "book"."pages" FROM "book""#);
    /// ```
    pub fn distinct(mut self) -> Self {
        self.refuse_sliced();
        self.plan.distinct = true;
        self
    }

    /// No rows: terminal methods answer without a statement.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// assert_num_queries!(db, 0, {
    ///     assert!(Book::objects().none().all(&db)?.is_empty());
    /// });
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn none(mut self) -> Self {
        self.plan.empty = true;
        self
    }

    /// What happens when a relation of these rows is read that was not loaded.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # let ann = Author::create().name("Ann").save(&db)?;
    /// # Book::create().author(&ann).save(&db)?;
    /// let book = Book::objects().fetch_mode(FetchMode::Raise).get(&db)?;
    /// assert!(book.author.get(&db).is_err()); // no statement: the author was not asked for
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn fetch_mode(mut self, mode: FetchMode) -> Self {
        self.plan.mode = Some(mode);
        self
    }
}

impl<M: Model> QuerySet<M> {
    /// Loads relations to one row in the same statement, by JOIN, at any distance and across keys that may be NULL.
    ///
    /// One related row is one shared instance. Where many rows share few parents,
    /// [`prefetch_related`](Self::prefetch_related) is the faster way.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author>, pub editor: Option<ForeignKey<Author>> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # let ann = Author::create().name("Ann").save(&db)?;
    /// # Book::create().author(&ann).save(&db)?;
    /// // SELECT "book".., "author".., "editor".. FROM "book"
    /// //   LEFT JOIN "author" ON .. LEFT JOIN "author" AS "editor" ON ..
    /// assert_num_queries!(db, 1, {
    ///     for book in Book::objects().select_related(|b| (b.author(), b.editor())).all(&db)? {
    ///         println!("{} {:?}", book.author.get(&db)?.name, book.editor.get(&db)?.map(|e| &e.name));
    ///     }
    /// });
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn select_related<J: JoinSet<M>>(mut self, f: impl FnOnce(Fields<M>) -> J) -> Self {
        f(root::<M>()).joins(&mut self.plan.more.joins);
        self
    }

    /// Loads relations of any kind, each by one statement more, however many rows there are; nested to any depth, and
    /// below what `select_related` joins.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub author: ForeignKey<Author>, pub reviews: HasMany<Review> }
    /// # #[derive(Model)]
    /// # pub struct Review { pub id: i64, pub stars: i32, pub book: ForeignKey<Book> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book, Review])?;
    /// # let ann = Author::create().save(&db)?;
    /// # Book::create().title("One").author(&ann).save(&db)?;
    /// // SELECT .. FROM "author"
    /// // SELECT .. FROM rarray(?1) AS "book__keys" CROSS JOIN "book" ON "book"."author_id" = "book__keys"."value"
    /// //     ORDER BY "book"."title"
    /// // SELECT .. FROM rarray(?1) AS "review__keys" CROSS JOIN "review" ON "review"."book_id" = "review__keys"."value"
    /// let authors = assert_num_queries!(db, 3, {
    ///     Author::objects()
    ///         .prefetch_related(|a| a.books().order_by(|b| b.title()).prefetch_related(|b| b.reviews()))
    ///         .all(&db)?
    /// });
    /// assert!(authors[0].books.loaded().unwrap()[0].reviews.loaded().unwrap().is_empty());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn prefetch_related<P: PrefetchSet<M>>(mut self, f: impl FnOnce(Fields<M>) -> P) -> Self {
        f(root::<M>()).prefetches(&mut self.plan.more.prefetches);
        self
    }

    /// Of the `Deferred` columns, loads these and no others; `|_| ()` for none. Plain columns are always loaded.
    ///
    /// It speaks of the query's own model, and of every model that is named with a path to it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Page { pub id: i64, pub title: String, pub text: Deferred<String>, pub html: Deferred<String> }
    /// let pages = Page::objects().only(|p| p.text());
    /// assert_eq!(pages.to_sql(), r#"SELECT "page"."id", "page"."title", "page"."text" FROM "page""#);
    /// ```
    pub fn only<D: DeferSet<M>>(mut self, f: impl FnOnce(Fields<M>) -> D) -> Self {
        let mut columns = Vec::new();
        f(root::<M>()).deferred(&mut columns);
        self.plan.more.deferrals.push(Deferral::Only(columns));
        self
    }

    /// Leaves these `Deferred` columns unloaded; one that is read all the same is loaded then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Page { pub id: i64, pub title: String, pub text: Deferred<String>, pub html: Deferred<String> }
    /// let pages = Page::objects().defer(|p| p.html());
    /// assert_eq!(pages.to_sql(), r#"SELECT "page"."id", "page"."title", "page"."text" FROM "page""#);
    /// ```
    pub fn defer<D: DeferSet<M>>(mut self, f: impl FnOnce(Fields<M>) -> D) -> Self {
        let mut columns = Vec::new();
        f(root::<M>()).deferred(&mut columns);
        self.plan.more.deferrals.push(Deferral::Defer(columns));
        self
    }

    /// Some columns or expressions in place of the model: tuples, or plain values for one column.
    ///
    /// A column behind a key that may be NULL is an `Option`. A column behind a to-many relation has a row for each
    /// related row.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub author: ForeignKey<Author>, pub editor: Option<ForeignKey<Author>> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// let titles: Vec<String> = Book::objects().values_list(|b| b.title()).all(&db)?;
    /// let names: Vec<(i64, String, Option<String>)> =
    ///     Book::objects().values_list(|b| (b.id(), b.author().name(), b.editor().name())).all(&db)?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn values_list<V: ValuesOf<M>>(mut self, f: impl FnOnce(Fields<M>) -> V) -> QuerySet<M, V::Shape> {
        self.select(f);
        QuerySet::from_plan(self.plan)
    }

    /// Some columns or expressions in place of the model, as named [`Record`](super::Record)s.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # Book::create().title("Dune").pages(412).save(&db)?;
    /// # Book::create().title("Emma").pages(290).save(&db)?;
    /// for book in Book::objects().values(|b| (b.title(), b.pages())).all(&db)? {
    ///     println!("{}", serde_json::to_string(&book).unwrap()); // {"title":"Dune","pages":412}
    /// }
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn values<V: ValuesOf<M> + 'static>(mut self, f: impl FnOnce(Fields<M>) -> V) -> QuerySet<M, Records<V>>
    where
        Records<V>: Shape<M>,
    {
        self.select(f);
        QuerySet::from_plan(self.plan)
    }

    fn select<V: ValuesOf<M>>(&mut self, f: impl FnOnce(Fields<M>) -> V) {
        let mut nodes = Vec::new();
        f(self.fields()).nodes(&mut nodes);
        self.plan.selecting(&nodes);
        if !self.plan.more.joins.is_empty() || !self.plan.more.prefetches.is_empty() {
            self.plan.more.misuse = Some(
                "`values` and `values_list` have no relations to load: leave out `select_related` and `prefetch_related`",
            );
        }
    }
}
