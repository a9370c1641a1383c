//! Pages by number: so many rows, and how many pages there are.

use std::ops::Deref;
use std::panic::Location;

use super::{QuerySet, Shape};
use crate::db::Executor;
use crate::error::{Error, Result};
use crate::model::Model;

/// A queryset cut into pages: Django's `Paginator`. It has counted once.
#[must_use]
pub struct Paginator<M: Model, S> {
    queryset: QuerySet<M, S>,
    size: u64,
    count: u64,
}

/// One page of a queryset; it derefs to its rows.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Which page, counted from 1.
    pub number: u64,
    /// How many pages there are; an empty queryset has one, without rows.
    pub pages: u64,
    /// How many rows there are on all pages.
    pub total: u64,
}

impl<T> Page<T> {
    /// Whether there is a page after this one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let page = Tag::objects().paginate(&db, 1, 10)?; // SELECT count(*) FROM "tag"
    /// assert!(!page.has_next() && !page.has_previous());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn has_next(&self) -> bool {
        self.number < self.pages
    }

    /// Whether there is a page before this one.
    ///
    /// # Examples
    ///
    /// See [`has_next`](Self::has_next).
    pub fn has_previous(&self) -> bool {
        self.number > 1
    }
}

impl<T> Deref for Page<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<M: Model, S: Shape<M>> QuerySet<M, S> {
    /// Cuts the queryset into pages of so many rows, and counts them. Order it: the pages of rows in no order are
    /// arbitrary.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] for a size of 0; otherwise as for [`count`](Self::count).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// # for name in ["a", "b", "c"] { Tag::create().name(name).save(&db)?; }
    /// let pages = Tag::objects().order_by(|t| t.name()).paginator(&db, 2)?; // SELECT count(*) FROM "tag"
    /// assert_eq!((pages.count(), pages.pages()), (3, 2));
    /// let last = pages.page(&db, 2)?; // SELECT .. FROM "tag" ORDER BY "tag"."name" LIMIT ?1 OFFSET ?2
    /// assert_eq!((last.len(), &*last[0].name, last.has_next()), (1, "c", false));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn paginator(&self, db: &dyn Executor, size: u64) -> Result<Paginator<M, S>> {
        if size == 0 {
            return Err(Error::misuse("a page has at least one row"));
        }
        let count = self.count(db)?;
        Ok(Paginator { queryset: self.clone(), size, count })
    }

    /// One page, counted from 1: [`paginator`](Self::paginator) and its [`page`](Paginator::page).
    ///
    /// # Errors
    ///
    /// As for these two.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// # for name in ["a", "b", "c"] { Tag::create().name(name).save(&db)?; }
    /// // SELECT count(*) FROM "tag"
    /// // SELECT .. FROM "tag" ORDER BY "tag"."name" LIMIT ?1 OFFSET ?2
    /// let page = Tag::objects().order_by(|t| t.name()).paginate(&db, 1, 2)?;
    /// assert_eq!((page.len(), page.total, page.pages, page.has_next()), (2, 3, 2, true));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn paginate(&self, db: &dyn Executor, page: u64, size: u64) -> Result<Page<S::Out>> {
        self.paginator(db, size)?.page(db, page)
    }
}

impl<M: Model, S: Shape<M>> Paginator<M, S> {
    /// How many rows there were when it was made.
    ///
    /// # Examples
    ///
    /// See [`QuerySet::paginator`].
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many pages there are: at least one, which may be empty.
    ///
    /// # Examples
    ///
    /// See [`QuerySet::paginator`].
    pub fn pages(&self) -> u64 {
        self.count.div_ceil(self.size).max(1)
    }

    /// A page, counted from 1.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyPage`] if there is no such page; otherwise as for [`QuerySet::all`].
    ///
    /// # Examples
    ///
    /// See [`QuerySet::paginator`].
    #[track_caller]
    pub fn page(&self, db: &dyn Executor, number: u64) -> Result<Page<S::Out>> {
        let pages = self.pages();
        if !(1..=pages).contains(&number) {
            return Err(Error::EmptyPage { model: M::META.name, page: number, pages });
        }
        let items = self.rows(db, number, Location::caller())?;
        Ok(Page { items, number, pages, total: self.count })
    }

    /// The page of this number, or the nearest there is.
    ///
    /// # Errors
    ///
    /// As for [`QuerySet::all`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// # Tag::create().save(&db)?;
    /// let pages = Tag::objects().paginator(&db, 10)?; // SELECT count(*) FROM "tag"
    /// assert_eq!(pages.get_page(&db, 99)?.number, 1); // SELECT .. FROM "tag" LIMIT ?1 OFFSET ?2
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn get_page(&self, db: &dyn Executor, number: u64) -> Result<Page<S::Out>> {
        self.page(db, number.clamp(1, self.pages()))
    }

    fn rows(&self, db: &dyn Executor, number: u64, at: &'static Location<'static>) -> Result<Vec<S::Out>> {
        if self.count == 0 {
            return Ok(Vec::new());
        }
        let first = (number - 1).saturating_mul(self.size);
        self.queryset.clone().slice(first..first.saturating_add(self.size)).all_at(db, at)
    }
}
