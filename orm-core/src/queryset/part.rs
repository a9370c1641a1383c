//! Parts of relations, inside `prefetch_related`: what makes a part of a whole is a queryset's method.

use super::QuerySet;
use crate::lookup::{DeferSet, JoinSet, OrderSet, Part, Predicate, PrefetchSet, ToMany, Whole};
use crate::model::{Fields, Model};

/// What makes a part of a relation, inside `prefetch_related`. A part goes to a slot, for it is not the whole.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Author { pub id: i64, pub books: HasMany<Book>, pub long: Prefetched<Book>, pub latest: Prefetched<Book> }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub pages: i32, pub author: ForeignKey<Author> }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Author, Book])?;
/// # let ann = Author::create().save(&db)?;
/// # for pages in [100, 200, 400] { Book::create().pages(pages).author(&ann).save(&db)?; }
/// // SELECT .. FROM "author"
/// // SELECT .. FROM "book" WHERE ("book"."pages" > ?1) AND ("book"."author_id" IN (SELECT value FROM rarray(?2)))
/// // SELECT .. FROM (SELECT .., row_number() OVER (PARTITION BY "book"."author_id" ORDER BY ..) ..) WHERE ..
/// let authors = assert_num_queries!(db, 3, {
///     Author::objects()
///         .prefetch_related(|a| {
///             let long = a.books().filter(|b| b.pages().gt(150)).to(|a| a.long());
///             let latest = a.books().order_by(|b| b.id().desc()).limit(1).to(|a| a.latest());
///             (long, latest)
///         })
///         .all(&db)?
/// });
/// assert_eq!(authors[0].long.get()?.len(), 2);
/// assert_eq!(authors[0].latest.get()?[0].pages, 400);
/// # Ok::<(), eager_orm::Error>(())
/// ```
impl<R: Model, O: Model, T: Model> ToMany<R, O, T> {
    fn part(&self) -> Part<R, O, T> {
        Part::new(self.path(), QuerySet::<T>::new().plan)
    }

    /// Inside `prefetch_related`: only the related rows for which this holds. It has to go to a slot.
    pub fn filter<P: Predicate<T>>(&self, f: impl FnOnce(Fields<T>) -> P) -> Part<R, O, T> {
        self.part().filter(f)
    }

    /// Inside `prefetch_related`: only the related rows for which this does not hold. It has to go to a slot.
    pub fn exclude<P: Predicate<T>>(&self, f: impl FnOnce(Fields<T>) -> P) -> Part<R, O, T> {
        self.part().exclude(f)
    }

    /// Inside `prefetch_related`: at most so many related rows of each row. It has to go to a slot.
    pub fn limit(&self, rows: u64) -> Part<R, O, T> {
        self.part().limit(rows)
    }

    /// Inside `prefetch_related`: the related rows that a queryset selects. It has to go to a slot.
    pub fn query(&self, f: impl FnOnce(QuerySet<T>) -> QuerySet<T>) -> Part<R, O, T> {
        self.part().query(f)
    }
}

impl<R: Model, O: Model, T: Model> Whole<R, O, T> {
    fn part(self) -> Part<R, O, T> {
        Part::new(self.node.path, self.node.plan)
    }

    /// Only the related rows for which this holds. It has to go to a slot.
    pub fn filter<P: Predicate<T>>(self, f: impl FnOnce(Fields<T>) -> P) -> Part<R, O, T> {
        self.part().filter(f)
    }

    /// Only the related rows for which this does not hold. It has to go to a slot.
    pub fn exclude<P: Predicate<T>>(self, f: impl FnOnce(Fields<T>) -> P) -> Part<R, O, T> {
        self.part().exclude(f)
    }

    /// At most so many related rows of each row. It has to go to a slot.
    pub fn limit(self, rows: u64) -> Part<R, O, T> {
        self.part().limit(rows)
    }

    /// The related rows that a queryset selects. It has to go to a slot.
    pub fn query(self, f: impl FnOnce(QuerySet<T>) -> QuerySet<T>) -> Part<R, O, T> {
        self.part().query(f)
    }
}

impl<R: Model, O: Model, T: Model> Part<R, O, T> {
    /// What a queryset makes of it. A limit is a limit for each parent.
    pub fn query(mut self, f: impl FnOnce(QuerySet<T>) -> QuerySet<T>) -> Self {
        self.plan = f(QuerySet::from_plan(self.plan)).plan;
        self
    }

    /// Only the rows for which this holds too.
    pub fn filter<P: Predicate<T>>(self, f: impl FnOnce(Fields<T>) -> P) -> Self {
        self.query(|query| query.filter(f))
    }

    /// Only the rows for which this does not hold.
    pub fn exclude<P: Predicate<T>>(self, f: impl FnOnce(Fields<T>) -> P) -> Self {
        self.query(|query| query.exclude(f))
    }

    /// Their order.
    pub fn order_by<S: OrderSet<T>>(self, f: impl FnOnce(Fields<T>) -> S) -> Self {
        self.query(|query| query.order_by(f))
    }

    /// At most so many of each parent.
    pub fn limit(self, rows: u64) -> Self {
        self.query(|query| query.limit(rows))
    }

    /// Which of their deferred columns are loaded.
    pub fn only<D: DeferSet<T>>(self, f: impl FnOnce(Fields<T>) -> D) -> Self {
        self.query(|query| query.only(f))
    }

    /// Which of their deferred columns are not loaded.
    pub fn defer<D: DeferSet<T>>(self, f: impl FnOnce(Fields<T>) -> D) -> Self {
        self.query(|query| query.defer(f))
    }

    /// What is joined to them.
    pub fn select_related<S: JoinSet<T>>(self, f: impl FnOnce(Fields<T>) -> S) -> Self {
        self.query(|query| query.select_related(f))
    }

    /// What is loaded for them in turn.
    pub fn prefetch_related<S: PrefetchSet<T>>(self, f: impl FnOnce(Fields<T>) -> S) -> Self {
        self.query(|query| query.prefetch_related(f))
    }
}
