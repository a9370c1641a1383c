//! Links with fields of their own: rows of a through model that are made by the relation.

use std::marker::PhantomData;
use std::panic::Location;

use super::between::{Links, NewLinks};
use super::related::keys;
use crate::db::Executor;
use crate::error::Result;
use crate::lookup::{AssignSet, Predicate};
use crate::model::{Complete, CompleteChild, Fields, Model};
use crate::relation::{IntoKey, ManyToMany};
use crate::save::{create_linked, get_or_insert, insert_each, update_or_insert};
use crate::value::{Bind, KeyRef};

/// A many-to-many relation, and what the links that it makes are to be. Made by [`ManyToMany::through`].
///
/// The links go in as rows of a bulk do: with the defaults of their model, once its rules have been asked, and without
/// hooks.
#[must_use = "nothing is linked until `.add(db, ..)`, `.set(db, ..)` or `.create(db, ..)`"]
pub struct LinkedThrough<'a, T: Model, L: Model, B> {
    handle: &'a mut ManyToMany<T>,
    link: New<L, B>,
}

/// A new link, but for its foreign keys.
struct New<L, B> {
    new: B,
    model: PhantomData<fn() -> L>,
}

impl<'a, T: Model, L: Model, B: CompleteChild<L> + Clone> LinkedThrough<'a, T, L, B> {
    pub(super) fn new(handle: &'a mut ManyToMany<T>, link: B) -> Self {
        LinkedThrough { handle, link: New { new: link, model: PhantomData } }
    }

    /// Links rows by such links; those that are linked already stay as they are. Says how many are new.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`](crate::Error::Misuse) where the relation goes through another model; otherwise as for a builder's
    /// `save` of a link. No link is made then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, #[relation(through = BookTag)] pub tags: ManyToMany<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # #[derive(Model)]
    /// # pub struct BookTag { pub id: i64, pub book: ForeignKey<Book>, pub tag: ForeignKey<Tag>, pub weight: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Tag, BookTag])?;
    /// # let (sf, fun) = (Tag::create().save(&db)?, Tag::create().save(&db)?);
    /// # let mut book = Book::create().save(&db)?;
    /// // SELECT "tag_id" FROM "book_tag" ..; INSERT INTO "book_tag" .. -- for each row
    /// assert_eq!(book.tags.through(BookTag::create().weight(3)).add(&db, [&sf])?, 1);
    /// assert_eq!(book.tags.through(BookTag::create().weight(1)).add(&db, [&sf, &fun])?, 1);
    /// assert_eq!(BookTag::objects().values_list(|l| l.weight()).all(&db)?, [3, 1]);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn add<V: IntoKey<T, T::Key>>(self, db: &dyn Executor, rows: impl IntoIterator<Item = V>) -> Result<u64> {
        self.handle.add_by(db, Location::caller(), keys::<T, V>(rows), &self.link)
    }

    /// Links these rows and no others. Those that are linked already keep their links, the new ones get such links.
    ///
    /// # Errors
    ///
    /// As for [`add`](Self::add); nothing is changed then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, #[relation(through = BookTag)] pub tags: ManyToMany<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # #[derive(Model)]
    /// # pub struct BookTag { pub id: i64, pub book: ForeignKey<Book>, pub tag: ForeignKey<Tag>, pub weight: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Tag, BookTag])?;
    /// # let (sf, fun) = (Tag::create().save(&db)?, Tag::create().save(&db)?);
    /// # let mut book = Book::create().save(&db)?;
    /// book.tags.through(BookTag::create().weight(3)).add(&db, [&sf])?;
    /// // SELECT .. FROM "book_tag"; DELETE .. what is not named; INSERT .. what is new
    /// book.tags.through(BookTag::create().weight(7)).set(&db, [&fun])?;
    /// assert_eq!(BookTag::objects().values_list(|l| (l.tag(), l.weight())).all(&db)?, [(fun.id, 7)]);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn set<V: IntoKey<T, T::Key>>(self, db: &dyn Executor, rows: impl IntoIterator<Item = V>) -> Result<()> {
        self.handle.set_by(db, Location::caller(), &keys::<T, V>(rows), &self.link)
    }

    /// Inserts a row and links it by such a link, both or neither.
    ///
    /// # Errors
    ///
    /// As for [`add`](Self::add) and for a builder's `save`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, #[relation(through = BookTag)] pub tags: ManyToMany<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct BookTag { pub id: i64, pub book: ForeignKey<Book>, pub tag: ForeignKey<Tag>, pub weight: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Tag, BookTag])?;
    /// # let mut book = Book::create().save(&db)?;
    /// // INSERT INTO "tag" ..; INSERT INTO "book_tag" ..
    /// let tag = book.tags.through(BookTag::create().weight(3)).create(&db, Tag::create().name("sf"))?;
    /// assert_eq!(book.tags.all(&db)?[0].id, tag.id);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn create(self, db: &dyn Executor, new: impl Complete<T>) -> Result<T> {
        let at = Location::caller();
        self.handle.linking(at, &self.link, |link| create_linked(new.into_new()?, db, at, Some(link)))
    }

    /// The one of the linked rows for which a condition holds, or else a new one, linked by such a link; and whether it
    /// is new. As [`QuerySet::get_or_create`](crate::QuerySet::get_or_create) does.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create); [`Error::MultipleObjectsReturned`](crate::Error::MultipleObjectsReturned) where
    /// there are several.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, #[relation(through = BookTag)] pub tags: ManyToMany<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct BookTag { pub id: i64, pub book: ForeignKey<Book>, pub tag: ForeignKey<Tag>, pub weight: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Tag, BookTag])?;
    /// # let mut book = Book::create().save(&db)?;
    /// let heavy = || BookTag::create().weight(3);
    /// // SELECT .. of the tags of the book; INSERT INTO "tag" ..; INSERT INTO "book_tag" ..
    /// let new = Tag::create().name("sf");
    /// let (_, created) = book.tags.through(heavy()).get_or_create(&db, |t| t.name().eq("sf"), new)?;
    /// assert!(created);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn get_or_create<P: Predicate<T>>(
        self,
        db: &dyn Executor,
        f: impl FnOnce(Fields<T>) -> P,
        new: impl Complete<T>,
    ) -> Result<(T, bool)> {
        let (at, these) = (Location::caller(), self.handle.query().filter(f));
        self.handle.linking(at, &self.link, |link| get_or_insert(&these, || new.into_new(), db, at, Some(link)))
    }

    /// Sets fields of the one of the linked rows for which a condition holds, or else inserts a new one, linked by such a
    /// link; the row as it is now, and whether it is new. The link of a row that is there stays as it is. As
    /// [`QuerySet::update_or_create`](crate::QuerySet::update_or_create) does.
    ///
    /// # Errors
    ///
    /// As for [`get_or_create`](Self::get_or_create).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, #[relation(through = BookTag)] pub tags: ManyToMany<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String, pub uses: i32 }
    /// # #[derive(Model)]
    /// # pub struct BookTag { pub id: i64, pub book: ForeignKey<Book>, pub tag: ForeignKey<Tag>, pub weight: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Tag, BookTag])?;
    /// # let mut book = Book::create().save(&db)?;
    /// let tags = book.tags.through(BookTag::create().weight(3));
    /// // BEGIN IMMEDIATE; SELECT "tag"."id" ..; INSERT INTO "tag" ..; INSERT INTO "book_tag" ..; COMMIT
    /// let new = Tag::create().name("sf").uses(1);
    /// let (tag, _) = tags.update_or_create(&db, |t| t.name().eq("sf"), |t| t.uses().set(t.uses() + 1), new)?;
    /// assert_eq!(tag.uses, 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn update_or_create<P: Predicate<T>, A: AssignSet<T>>(
        self,
        db: &dyn Executor,
        f: impl FnOnce(Fields<T>) -> P,
        set: impl FnOnce(Fields<T>) -> A,
        new: impl Complete<T>,
    ) -> Result<(T, bool)> {
        let (at, these) = (Location::caller(), self.handle.query().filter(f));
        self.handle.linking(at, &self.link, |link| update_or_insert(&these, set, || new.into_new(), db, at, Some(link)))
    }
}

impl<L: Model, B: CompleteChild<L> + Clone> NewLinks for New<L, B> {
    fn insert(&self, links: &Links<'_>, rows: Vec<Bind<'static>>) -> Result<u64> {
        let model = links.between.model(L::META)?;
        let new = rows
            .iter()
            .filter_map(KeyRef::of_bind)
            .map(|row| self.new.clone().into_child(&[(model.from.slot, links.key), (model.to.slot, row)]));
        insert_each::<L>(links.connection, links.about.at, new)
    }

    fn add(&self, links: &Links<'_>, rows: Vec<Bind<'static>>) -> Result<u64> {
        links.between.model(L::META)?;
        self.insert(links, links.unlinked(rows)?)
    }
}
