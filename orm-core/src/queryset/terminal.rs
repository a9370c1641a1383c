//! The methods that run a statement.

use std::panic::Location;

use super::delete::{Deleted, Which, delete};
use super::read::look_up;
use super::{QuerySet, Shape};
use crate::db::{About, Executor, Need};
use crate::error::{Error, Result};
use crate::lookup::OrderSet;
use crate::lower;
use crate::model::{Fields, Model};
use crate::plan::{Node, NodeKind, Plan};
use crate::relation::IntoKey;
use crate::value::{KeyRef, PrimaryKey};

impl<M: Model, S: Shape<M>> QuerySet<M, S> {
    /// All rows, with everything that was asked to come with them.
    ///
    /// One statement, and one more for each prefetched relation; all of them see one moment in time.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchTable`] and [`Error::NoSuchColumn`] where the database is not what the model says,
    /// [`Error::Decode`] where a value is not.
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
    /// let books = Book::objects().order_by(|b| b.title()).all(&db)?; // SELECT .. FROM "book" ORDER BY "book"."title"
    /// assert_eq!(books[0].title, "Dune");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn all(&self, db: &dyn Executor) -> Result<Vec<S::Out>> {
        self.all_at(db, Location::caller())
    }

    pub(super) fn all_at(&self, db: &dyn Executor, at: &'static Location<'static>) -> Result<Vec<S::Out>> {
        self.prepare(db)?.all(db, at) // plan -> statement -> text and binds -> rows -> models -> relations
    }

    /// The first row in the queryset's order, or by the key where it has none.
    ///
    /// # Errors
    ///
    /// As for [`all`](Self::all).
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
    /// // SELECT .. FROM "book" ORDER BY "book"."pages" LIMIT ?1
    /// let shortest = Book::objects().order_by(|b| b.pages()).first(&db)?;
    /// assert_eq!(shortest.map(|book| book.title).as_deref(), Some("Emma"));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn first(&self, db: &dyn Executor) -> Result<Option<S::Out>> {
        let mut rows = self.cut(1, true).all(db)?;
        Ok(rows.pop())
    }

    /// The last row in the queryset's order, or by the key where it has none.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] on a queryset with a limit or an offset; otherwise as for [`all`](Self::all).
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
    /// // SELECT .. FROM "book" ORDER BY "book"."pages" DESC LIMIT ?1
    /// let longest = Book::objects().order_by(|b| b.pages()).last(&db)?;
    /// assert_eq!(longest.map(|book| book.title).as_deref(), Some("Dune"));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn last(&self, db: &dyn Executor) -> Result<Option<S::Out>> {
        let mut last = self.clone();
        if last.plan.is_sliced() {
            last.plan.more.misuse =
                Some("`last` of a queryset that is cut off: reverse its order and take the `first`");
        }
        last.order_by_key_if_unordered();
        last.plan.reversed = !last.plan.reversed;
        let mut rows = last.cut(1, true).all(db)?;
        Ok(rows.pop())
    }

    /// The only row.
    ///
    /// # Errors
    ///
    /// [`Error::DoesNotExist`] for none, [`Error::MultipleObjectsReturned`] for more than one; otherwise as for
    /// [`all`](Self::all).
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
    /// // SELECT .. FROM "book" WHERE "book"."title" = ?1 LIMIT ?2
    /// let dune = Book::objects().filter(|b| b.title().eq("Dune")).get(&db)?;
    /// assert_eq!(dune.pages, 412);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn get(&self, db: &dyn Executor) -> Result<S::Out> {
        self.get_at(db, Location::caller())
    }

    pub(crate) fn get_at(&self, db: &dyn Executor, at: &'static Location<'static>) -> Result<S::Out> {
        let mut one = self.clone();
        one.plan.without_order();
        let mut rows = one.cut(2, false).all_at(db, at)?;
        let row = rows.pop().ok_or(Error::DoesNotExist { model: M::META.name, key: None })?;
        if rows.is_empty() { Ok(row) } else { Err(Error::MultipleObjectsReturned { model: M::META.name }) }
    }

    /// How many rows there are: `SELECT count(*)`.
    ///
    /// # Errors
    ///
    /// As for [`all`](Self::all).
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
    /// // SELECT count(*) FROM "book" WHERE "book"."pages" > ?1
    /// assert_eq!(Book::objects().filter(|b| b.pages().gt(300)).count(&db)?, 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn count(&self, db: &dyn Executor) -> Result<u64> {
        let count = self.single(db, Location::caller(), lower::compile_count)?;
        Ok(count.and_then(|count| count.try_into().ok()).unwrap_or(0))
    }

    /// Whether there is a row: `SELECT 1 .. LIMIT 1`.
    ///
    /// # Errors
    ///
    /// As for [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// // SELECT 1 FROM "book" WHERE "book"."pages" > ?1 LIMIT ?2
    /// assert!(!Book::objects().filter(|b| b.pages().gt(300)).exists(&db)?);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn exists(&self, db: &dyn Executor) -> Result<bool> {
        Ok(self.single(db, Location::caller(), lower::compile_exists)?.is_some())
    }

    /// The one integer of a statement made from the plan.
    pub(super) fn single(
        &self,
        db: &dyn Executor,
        at: &'static Location<'static>,
        compile: fn(&Plan) -> Result<Option<lower::Single>>,
    ) -> Result<Option<i64>> {
        let Some((compiled, binds)) = compile(&self.plan)? else { return Ok(None) };
        let mut value = None;
        db.run(Need::Read, at, &mut |connection| {
            connection.look_up(&compiled.text, &binds, about::<M>(at), |row| {
                value = match row.datum(0) {
                    Ok(crate::value::Datum::Integer(value)) => Some(value),
                    _ => None,
                };
                Ok(())
            })
        })?;
        Ok(value)
    }

    /// The first row in this order, least first.
    ///
    /// # Errors
    ///
    /// [`Error::DoesNotExist`] if there is no row; otherwise as for [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # for pages in [300, 100, 200] { Book::create().pages(pages).save(&db)?; }
    /// let shortest = Book::objects().earliest(&db, |b| b.pages())?; // SELECT .. ORDER BY "book"."pages" LIMIT ?1
    /// assert_eq!(shortest.pages, 100);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn earliest<O: OrderSet<M>>(&self, db: &dyn Executor, f: impl FnOnce(Fields<M>) -> O) -> Result<S::Out> {
        self.clone().order_by(f).end(db, Location::caller())
    }

    /// The last row in this order: greatest first.
    ///
    /// # Errors
    ///
    /// As for [`earliest`](Self::earliest).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # for pages in [300, 100, 200] { Book::create().pages(pages).save(&db)?; }
    /// let longest = Book::objects().latest(&db, |b| b.pages())?; // SELECT .. ORDER BY "book"."pages" DESC LIMIT ?1
    /// assert_eq!(longest.pages, 300);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn latest<O: OrderSet<M>>(&self, db: &dyn Executor, f: impl FnOnce(Fields<M>) -> O) -> Result<S::Out> {
        self.clone().order_by(f).reverse().end(db, Location::caller())
    }

    fn end(&self, db: &dyn Executor, at: &'static Location<'static>) -> Result<S::Out> {
        let row = self.cut(1, false).all_at(db, at)?.pop();
        row.ok_or(Error::DoesNotExist { model: M::META.name, key: None })
    }

    pub(super) fn cut(&self, rows: u64, ordered: bool) -> Self {
        let mut cut = self.clone();
        if ordered {
            cut.order_by_key_if_unordered();
        }
        cut.plan.limit = Some(cut.plan.limit.map_or(rows, |limit| limit.min(rows)));
        cut
    }

    /// Rows in no order have a first and a last all the same: by what tells them apart.
    fn order_by_key_if_unordered(&mut self) {
        let is_ordered = match &self.plan.order {
            Some(order) => !order.is_empty(),
            None => !M::META.ordering.is_empty() && self.plan.more.grouping.is_none(),
        };
        let can = self.plan.more.members.is_empty() || self.plan.more.select.is_none();
        if !is_ordered && can && self.plan.more.keyset.is_none() {
            let unordered = Plan { order: Some(Vec::new()), reversed: false, ..self.plan.clone() };
            self.plan.order = Some(lower::total_order(&unordered));
        }
    }
}

impl<M: Model> QuerySet<M> {
    /// The row with this key.
    ///
    /// # Errors
    ///
    /// [`Error::DoesNotExist`] if it is not there (or not among the queryset's rows); otherwise as for
    /// [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// # Tag::create().name("sf").save(&db)?;
    /// let tag = Tag::objects().find(&db, 1)?; // SELECT .. FROM "tag" WHERE "tag"."id" = ?1 LIMIT ?2
    /// assert!(Tag::objects().find(&db, 2).unwrap_err().is_does_not_exist());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn find<Q: IntoKey<M, M::Key>>(&self, db: &dyn Executor, key: Q) -> Result<M> {
        self.find_by(db, key.into_key().key_ref())
    }

    #[track_caller]
    pub(crate) fn find_by(&self, db: &dyn Executor, key: KeyRef<'_>) -> Result<M> {
        let none = || Error::DoesNotExist { model: M::META.name, key: Some(format!("key {key}")) };
        if self.plan.is_plain() && self.plan.more.prefetches.is_empty() && self.plan.more.annotations.is_empty() {
            // Nothing else is asked: the text is known, but for the first time.
            return look_up(key, db, Location::caller(), none);
        }
        let mut one = self.clone();
        if one.plan.is_sliced() {
            one.plan.more.misuse = Some("`find` in a queryset that is cut off");
        }
        one.plan.without_order();
        one.plan.filters.push(Node::key_is(key));
        let mut rows = one.all(db)?;
        rows.pop().ok_or_else(none)
    }

    /// Whether a row is among these, by its key.
    ///
    /// # Errors
    ///
    /// As for [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// let book = Book::create().pages(412).save(&db)?;
    /// // SELECT 1 FROM "book" WHERE ("book"."pages" > ?1) AND ("book"."id" = ?2) LIMIT ?3
    /// assert!(Book::objects().filter(|b| b.pages().gt(300)).contains(&db, &book)?);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn contains(&self, db: &dyn Executor, row: &M) -> Result<bool> {
        let mut plan = self.plan.clone();
        if plan.is_closed() || plan.filters_windows() {
            let rows = Box::new(plan.keys_only());
            let misuse = plan.more.misuse;
            plan = Plan::new(M::META);
            plan.more.misuse = misuse;
            plan.filters.push(Node::new(NodeKind::InQuery(Node::own_key(), rows)));
        }
        plan.filters.push(Node::key_is(row.key_ref()));
        let these: Self = QuerySet::from_plan(plan);
        Ok(these.single(db, Location::caller(), lower::compile_exists)?.is_some())
    }

    /// Deletes all rows, and what their `on_delete` takes with them, in one statement.
    ///
    /// # Errors
    ///
    /// [`Error::Protected`] where a row is still pointed at; nothing is deleted then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # Book::create().pages(3).save(&db)?;
    /// let deleted = Book::objects().filter(|b| b.pages().lt(10)).delete(&db)?; // DELETE FROM "book" WHERE ..
    /// assert_eq!(deleted.total, 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn delete(&self, db: &dyn Executor) -> Result<Deleted> {
        let at = Location::caller();
        delete(db, at, &Which::Of(&self.plan))
    }
}

pub(super) fn about<M: Model>(at: &'static Location<'static>) -> About {
    About { meta: M::META, at }
}
