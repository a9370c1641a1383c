//! What `select_related` and `prefetch_related` take.
//!
//! A relation with nothing but an order or loads of its own is *whole* and stays on its handle. One that is filtered or
//! cut off is a *part*, and has to go to a slot: it cannot pass for the whole. (The methods that make a part need a
//! queryset, so they are in the room `queryset`.)

use std::marker::PhantomData;

use super::{Cross, DeferSet, OrderSet, ToMany, ToOne};
use crate::model::{Fields, Model, Target, root};
use crate::plan::{Deferral, Path, Plan, PrefetchNode};
use crate::value::{JoinKind, Kind};

/// Relations to one row, or a tuple of them: what a JOIN can load.
#[diagnostic::on_unimplemented(
    message = "`select_related` cannot load this by a JOIN from `{R}`",
    label = "expected foreign keys (or one-to-one relations) of `{R}`, or a tuple of them",
    note = "a to-many relation is loaded with `.prefetch_related(..)`; a column is loaded with its row"
)]
pub trait JoinSet<R> {
    /// The paths.
    #[doc(hidden)]
    fn joins(self, paths: &mut Vec<Path>);
}
impl<R: Model, T: Target, K: Kind + JoinKind, N: Cross> JoinSet<R> for ToOne<R, T, K, N> {
    fn joins(self, paths: &mut Vec<Path>) {
        paths.push(self.path());
    }
}

/// Relations, whole or in part, or a tuple of them: what statements of their own can load.
#[diagnostic::on_unimplemented(
    message = "this cannot be prefetched from `{R}`",
    label = "expected a whole relation of `{R}`, a part of one with a slot, or a tuple of them",
    note = "a part of a relation (`.filter(..)`, `.limit(..)`, `.query(..)`) cannot pass for the whole: end it with `.to(|x| x.slot())`, where `slot: Prefetched<T>` is a field of the model"
)]
pub trait PrefetchSet<R> {
    /// The relations.
    #[doc(hidden)]
    fn prefetches(self, nodes: &mut Vec<PrefetchNode>);
}
impl<R: Model, T: Target, K: Kind, N: Cross> PrefetchSet<R> for ToOne<R, T, K, N> {
    fn prefetches(self, nodes: &mut Vec<PrefetchNode>) {
        self.whole().prefetches(nodes);
    }
}
impl<R: Model, O: Model, T: Model> PrefetchSet<R> for ToMany<R, O, T> {
    fn prefetches(self, nodes: &mut Vec<PrefetchNode>) {
        self.whole().prefetches(nodes);
    }
}

/// A whole relation with its refinements. A path cannot go on behind it, and so cannot lose them. `O` is the model of a
/// to-many relation; a part of a relation to one row makes no sense, and has none.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub pages: i32, pub author: ForeignKey<Author>, pub editor: ForeignKey<Author> }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Author, Book])?;
/// # let ann = Author::create().save(&db)?;
/// # Book::create().pages(412).author(&ann).editor(&ann).save(&db)?;
/// // SELECT .. FROM "book" LEFT JOIN "author" AS "editor" .. WHERE "book"."author_id" IN (..) ORDER BY "book"."pages"
/// let authors = Author::objects()
///     .prefetch_related(|a| a.books().order_by(|b| b.pages()).select_related(|b| b.editor()))
///     .all(&db)?;
/// assert_eq!(authors[0].books.loaded().unwrap()[0].editor.loaded().unwrap().id, 1);
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[must_use]
pub struct Whole<R, O, T> {
    pub(crate) node: PrefetchNode,
    types: PhantomData<fn() -> (R, O, T)>,
}

impl<R, O, T: Model> Whole<R, O, T> {
    fn new(path: Path) -> Self {
        Whole { node: PrefetchNode { path, plan: Plan::new(T::META), slot: None, depth: None }, types: PhantomData }
    }

    fn following(mut self, depth: u32) -> Self {
        self.node.depth = Some(depth.max(1));
        self
    }

    /// The order of the related rows.
    pub fn order_by<S: OrderSet<T>>(mut self, f: impl FnOnce(Fields<T>) -> S) -> Self {
        let mut order = Vec::new();
        f(root::<T>()).orders(&mut order);
        self.node.plan.order = Some(order);
        self
    }

    /// Which deferred columns of the related rows are loaded.
    pub fn only<D: DeferSet<T>>(mut self, f: impl FnOnce(Fields<T>) -> D) -> Self {
        let mut columns = Vec::new();
        f(root::<T>()).deferred(&mut columns);
        self.node.plan.more.deferrals.push(Deferral::Only(columns));
        self
    }

    /// Which deferred columns of the related rows are not loaded.
    pub fn defer<D: DeferSet<T>>(mut self, f: impl FnOnce(Fields<T>) -> D) -> Self {
        let mut columns = Vec::new();
        f(root::<T>()).deferred(&mut columns);
        self.node.plan.more.deferrals.push(Deferral::Defer(columns));
        self
    }

    /// What is joined to the related rows.
    pub fn select_related<S: JoinSet<T>>(mut self, f: impl FnOnce(Fields<T>) -> S) -> Self {
        f(root::<T>()).joins(&mut self.node.plan.more.joins);
        self
    }

    /// What is loaded for the related rows in turn.
    pub fn prefetch_related<S: PrefetchSet<T>>(mut self, f: impl FnOnce(Fields<T>) -> S) -> Self {
        f(root::<T>()).prefetches(&mut self.node.plan.more.prefetches);
        self
    }
}

impl<R, O, T> PrefetchSet<R> for Whole<R, O, T> {
    fn prefetches(self, nodes: &mut Vec<PrefetchNode>) {
        nodes.push(self.node);
    }
}

impl<R: Model, T: Target, K: Kind, N: Cross> ToOne<R, T, K, N> {
    fn whole(&self) -> Whole<R, (), T> {
        Whole::new(self.path())
    }

    /// Inside `prefetch_related`: which deferred columns of the related row are loaded.
    pub fn only<D: DeferSet<T>>(&self, f: impl FnOnce(Fields<T>) -> D) -> Whole<R, (), T> {
        self.whole().only(f)
    }

    /// Inside `prefetch_related`: which deferred columns of the related row are not loaded.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub summary: Deferred<String> }
    /// # #[derive(Model)]
    /// # pub struct Review { pub id: i64, pub book: ForeignKey<Book> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Review])?;
    /// # Review::create().book(&Book::create().summary("long").save(&db)?).save(&db)?;
    /// // SELECT .. FROM "review"
    /// // SELECT "book"."id" FROM "book" WHERE "book"."id" IN (..)
    /// let reviews = Review::objects().prefetch_related(|r| r.book().defer(|b| b.summary())).all(&db)?;
    /// assert!(reviews[0].book.get(&db)?.summary.loaded().is_none());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn defer<D: DeferSet<T>>(&self, f: impl FnOnce(Fields<T>) -> D) -> Whole<R, (), T> {
        self.whole().defer(f)
    }

    /// Inside `prefetch_related`, for a foreign key of a model to itself: the related row, its own, and so on, to a depth
    /// (1 to 10,000: what is less or more is taken for these), in one statement. Where the depth cuts off what is at
    /// several depths (near to one row and far from another, or in a circle), it is two, and rows in a circle are followed
    /// 64 times.
    ///
    /// A foreign key to another model is an [`Error::Misuse`](crate::Error::Misuse) when the query runs.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Part { pub id: i64, pub name: String, pub parent: Option<ForeignKey<Part>> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Part])?;
    /// # let door = Part::create().name("door").parent(&Part::create().name("car").save(&db)?).save(&db)?;
    /// # Part::create().name("handle").parent(&door).save(&db)?;
    /// // SELECT .. FROM "part" WHERE "part"."name" = ?1
    /// // WITH RECURSIVE "tree" ("key", "depth") AS (..) SELECT .. FROM "part" JOIN (SELECT .. FROM "tree" ..) ..
    /// let handles = assert_num_queries!(db, 2, {
    ///     Part::objects().filter(|p| p.name().eq("handle")).prefetch_related(|p| p.parent().ancestors(5)).all(&db)?
    /// });
    /// let door = handles[0].parent.get(&db)?.unwrap();
    /// assert_eq!(door.parent.get(&db)?.unwrap().name, "car");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn ancestors(&self, depth: u32) -> Whole<R, (), T> {
        self.whole().following(depth)
    }

    /// Inside `prefetch_related`: what is joined to the related row.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author>, pub reviews: HasMany<Review> }
    /// # #[derive(Model)]
    /// # pub struct Review { pub id: i64, pub book: ForeignKey<Book> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book, Review])?;
    /// # let book = Book::create().author(&Author::create().save(&db)?).save(&db)?;
    /// # Review::create().book(&book).save(&db)?;
    /// // SELECT .. FROM "review"
    /// // SELECT "book".., "author".. FROM "book" LEFT JOIN "author" ON .. WHERE "book"."id" IN (..)
    /// let reviews = assert_num_queries!(db, 2, {
    ///     Review::objects().prefetch_related(|r| r.book().select_related(|b| b.author())).all(&db)?
    /// });
    /// assert_eq!(reviews[0].book.loaded().unwrap().author.loaded().unwrap().id, 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn select_related<S: JoinSet<T>>(&self, f: impl FnOnce(Fields<T>) -> S) -> Whole<R, (), T> {
        self.whole().select_related(f)
    }

    /// Inside `prefetch_related`: what is loaded for the related row in turn.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author>, pub reviews: HasMany<Review> }
    /// # #[derive(Model)]
    /// # pub struct Review { pub id: i64, pub book: ForeignKey<Book> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book, Review])?;
    /// # let book = Book::create().author(&Author::create().save(&db)?).save(&db)?;
    /// # Review::create().book(&book).save(&db)?;
    /// // SELECT .. FROM "review"
    /// // SELECT .. FROM "book" WHERE "book"."id" IN (..)
    /// // SELECT .. FROM "author" WHERE "author"."id" IN (..)
    /// let reviews = assert_num_queries!(db, 3, {
    ///     Review::objects().prefetch_related(|r| r.book().prefetch_related(|b| b.author())).all(&db)?
    /// });
    /// assert_eq!(reviews[0].book.loaded().unwrap().author.loaded().unwrap().id, 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn prefetch_related<S: PrefetchSet<T>>(&self, f: impl FnOnce(Fields<T>) -> S) -> Whole<R, (), T> {
        self.whole().prefetch_related(f)
    }
}

impl<R: Model, O: Model, T: Model> ToMany<R, O, T> {
    fn whole(&self) -> Whole<R, O, T> {
        Whole::new(self.path())
    }

    /// Inside `prefetch_related`: which deferred columns of the related rows are loaded.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author>, pub summary: Deferred<String> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # Book::create().author(&Author::create().save(&db)?).summary("long").save(&db)?;
    /// // SELECT .. FROM "author"
    /// // SELECT "book"."id", "book"."author_id" FROM "book" WHERE "book"."author_id" IN (..)
    /// let authors = Author::objects().prefetch_related(|a| a.books().only(|_| ())).all(&db)?;
    /// assert!(authors[0].books.loaded().unwrap()[0].summary.loaded().is_none());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn only<D: DeferSet<T>>(&self, f: impl FnOnce(Fields<T>) -> D) -> Whole<R, O, T> {
        self.whole().only(f)
    }

    /// Inside `prefetch_related`: which deferred columns of the related rows are not loaded.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author>, pub summary: Deferred<String> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # Book::create().author(&Author::create().save(&db)?).summary("long").save(&db)?;
    /// // SELECT .. FROM "author"
    /// // SELECT "book"."id", "book"."author_id" FROM "book" WHERE "book"."author_id" IN (..)
    /// let authors = Author::objects().prefetch_related(|a| a.books().defer(|b| b.summary())).all(&db)?;
    /// assert!(authors[0].books.loaded().unwrap()[0].summary.loaded().is_none());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn defer<D: DeferSet<T>>(&self, f: impl FnOnce(Fields<T>) -> D) -> Whole<R, O, T> {
        self.whole().defer(f)
    }

    /// Inside `prefetch_related`: the order of the related rows.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32, pub author: ForeignKey<Author> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # Book::create().pages(412).author(&Author::create().save(&db)?).save(&db)?;
    /// // SELECT .. FROM "author"
    /// // SELECT .. FROM "book" WHERE "book"."author_id" IN (..) ORDER BY "book"."pages" DESC
    /// let authors = assert_num_queries!(db, 2, {
    ///     Author::objects().prefetch_related(|a| a.books().order_by(|b| b.pages().desc())).all(&db)?
    /// });
    /// assert_eq!(authors[0].books.loaded().unwrap()[0].pages, 412);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn order_by<S: OrderSet<T>>(&self, f: impl FnOnce(Fields<T>) -> S) -> Whole<R, O, T> {
        self.whole().order_by(f)
    }

    /// Inside `prefetch_related`: what is joined to the related rows.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Publisher { pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author>, pub publisher: ForeignKey<Publisher> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Publisher, Author, Book])?;
    /// # let (ann, ace) = (Author::create().save(&db)?, Publisher::create().name("Ace").save(&db)?);
    /// # Book::create().author(&ann).publisher(&ace).save(&db)?;
    /// // SELECT .. FROM "author"
    /// // SELECT "book".., "publisher".. FROM "book" LEFT JOIN "publisher" ON .. WHERE "book"."author_id" IN (..)
    /// let authors = assert_num_queries!(db, 2, {
    ///     Author::objects().prefetch_related(|a| a.books().select_related(|b| b.publisher())).all(&db)?
    /// });
    /// assert_eq!(authors[0].books.loaded().unwrap()[0].publisher.loaded().unwrap().name, "Ace");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn select_related<S: JoinSet<T>>(&self, f: impl FnOnce(Fields<T>) -> S) -> Whole<R, O, T> {
        self.whole().select_related(f)
    }

    /// Inside `prefetch_related`: what is loaded for the related rows in turn.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author>, pub reviews: HasMany<Review> }
    /// # #[derive(Model)]
    /// # pub struct Review { pub id: i64, pub book: ForeignKey<Book> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book, Review])?;
    /// # let book = Book::create().author(&Author::create().save(&db)?).save(&db)?;
    /// # Review::create().book(&book).save(&db)?;
    /// // SELECT .. FROM "author"
    /// // SELECT .. FROM "book" WHERE "book"."author_id" IN (..)
    /// // SELECT .. FROM "review" WHERE "review"."book_id" IN (..)
    /// let authors = assert_num_queries!(db, 3, {
    ///     Author::objects().prefetch_related(|a| a.books().prefetch_related(|b| b.reviews())).all(&db)?
    /// });
    /// assert_eq!(authors[0].books.loaded().unwrap()[0].reviews.loaded().unwrap().len(), 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn prefetch_related<S: PrefetchSet<T>>(&self, f: impl FnOnce(Fields<T>) -> S) -> Whole<R, O, T> {
        self.whole().prefetch_related(f)
    }
}

impl<R: Model, T: Model> ToMany<R, T, T> {
    /// Inside `prefetch_related`, for a relation of a model to itself: the related rows, theirs, and so on, to a depth (1
    /// to 10,000: what is less or more is taken for these), in one statement. Each row's own relation is loaded with them,
    /// but for the rows at the last depth. Where the depth cuts off what is at several depths (below two of the rows, or in
    /// a circle), it is two statements, and rows in a circle are followed 64 times.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// #[derive(Model)]
    /// pub struct Employee {
    ///     pub id: i64,
    ///     pub name: String,
    ///     pub reports_to: Option<ForeignKey<Employee>>,
    ///     #[relation(via = "reports_to")]
    ///     pub reports: HasMany<Employee>,
    /// }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Employee])?;
    /// # let chief = Employee::create().name("A").save(&db)?;
    /// # let middle = Employee::create().name("B").reports_to(&chief).save(&db)?;
    /// # Employee::create().name("C").reports_to(&middle).save(&db)?;
    /// // SELECT .. FROM "employee" WHERE "employee"."reports_to_id" IS NULL
    /// // WITH RECURSIVE "tree" ("key", "depth") AS (..) SELECT .. FROM "employee" JOIN (SELECT .. FROM "tree" ..) ..
    /// let chiefs = assert_num_queries!(db, 2, {
    ///     Employee::objects()
    ///         .filter(|e| e.reports_to().is_null())
    ///         .prefetch_related(|e| e.reports().descendants(10))
    ///         .all(&db)?
    /// });
    /// assert_eq!(chiefs[0].reports.loaded().unwrap()[0].reports.loaded().unwrap()[0].name, "C");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn descendants(&self, depth: u32) -> Whole<R, T, T> {
        self.whole().following(depth)
    }
}

/// A part of a relation: it has to go to a slot with `.to(..)`.
#[must_use]
pub struct Part<R, O, T> {
    pub(crate) path: Path,
    pub(crate) plan: Plan,
    types: PhantomData<fn() -> (R, O, T)>,
}

impl<R, O, T> Part<R, O, T> {
    pub(crate) fn new(path: Path, plan: Plan) -> Self {
        Part { path, plan, types: PhantomData }
    }
}

impl<R, O: Model, T> Part<R, O, T> {
    /// The slot it goes to: a `Prefetched` field of the model the relation belongs to.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book>, pub longest: Prefetched<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32, pub author: ForeignKey<Author> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # Book::create().pages(412).author(&Author::create().save(&db)?).save(&db)?;
    /// // SELECT .. FROM "author"
    /// // SELECT .. FROM (SELECT .., row_number() OVER (PARTITION BY "author_id" ORDER BY "pages" DESC, ..)
    /// //   FROM "book" WHERE "book"."author_id" IN (..)) AS "numbered" WHERE "numbered"."c3" BETWEEN ..
    /// let authors = Author::objects()
    ///     .prefetch_related(|a| a.books().query(|q| q.order_by(|b| b.pages().desc()).limit(3)).to(|a| a.longest()))
    ///     .all(&db)?;
    /// assert_eq!(authors[0].longest.get()?[0].pages, 412);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn to(self, f: impl FnOnce(Fields<O>) -> Slot<O, T>) -> Slotted<R> {
        let slot = f(root::<O>()).slot;
        let node = PrefetchNode { path: self.path, plan: self.plan, slot: Some(slot), depth: None };
        Slotted { node, model: PhantomData }
    }
}

/// A part of a relation, with its slot.
#[must_use]
pub struct Slotted<R> {
    node: PrefetchNode,
    model: PhantomData<fn() -> R>,
}
impl<R> PrefetchSet<R> for Slotted<R> {
    fn prefetches(self, nodes: &mut Vec<PrefetchNode>) {
        nodes.push(self.node);
    }
}

/// A `Prefetched` field of `O`, for rows of `T`.
pub struct Slot<O, T> {
    slot: usize,
    types: PhantomData<fn() -> (O, T)>,
}
impl<O, T> Slot<O, T> {
    #[doc(hidden)]
    pub fn new(slot: usize, _name: &'static str) -> Self {
        Slot { slot, types: PhantomData }
    }
}
