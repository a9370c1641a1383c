//! Rows linked with a row by a table between the two.
//!
//! After a write the handle reads afresh. Clones of the row, and other rows of the same result that share the relation,
//! keep what they had loaded.

use std::panic::Location;

use super::between::{Bare, Between, Links, NewLinks, UNATTACHED};
use super::linked_through::LinkedThrough;
use super::related::{keys, missing, of_owner};
use crate::db::{Connection, Executor, Need};
use crate::error::Result;
use crate::lookup::{AssignSet, Predicate};
use crate::model::{Complete, CompleteChild, Fields, Model};
use crate::plan::{Node, NodeKind};
use crate::queryset::QuerySet;
use crate::relation::{IntoKey, ManyToMany};
use crate::save::{create_linked, get_or_insert, update_or_insert};
use crate::value::{Bind, KeyRef};

impl<T: Model> ManyToMany<T> {
    /// The related rows, as a queryset: each once, however often a through model links it. It asks the database each time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub tags: ManyToMany<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Tag])?;
    /// # let (sf, fun) = (Tag::create().name("sf").save(&db)?, Tag::create().name("fun").save(&db)?);
    /// # let mut book = Book::create().save(&db)?;
    /// book.tags.add(&db, [&sf, &fun])?;
    /// // SELECT count(*) FROM "tag" WHERE "tag"."id" IN (SELECT "tag_id" FROM "book_tags" ..) AND ..
    /// assert_eq!(book.tags.query().filter(|t| t.name().eq("sf")).count(&db)?, 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn query(&self) -> QuerySet<T> {
        let owner = || {
            let place = self.place.as_ref()?;
            let through = Between::of(place)?.through;
            Some(Node::leaf(NodeKind::Linked(Box::new((through, place.key()?.bind().into_owned())))))
        };
        of_owner(owner())
    }

    /// Links rows with this one; those that are linked already stay so. Says how many are new.
    ///
    /// # Errors
    ///
    /// [`Error::ForeignKey`](crate::Error::ForeignKey) where a row is not there; no link is made then. [`Error::NotNull`](crate::Error::NotNull) where the through
    /// model has more required fields: say what they are by [`through`](Self::through). [`Error::Unattached`](crate::Error::Unattached) on a handle
    /// that belongs to no row of a database.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub tags: ManyToMany<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Tag])?;
    /// # let (sf, fun) = (Tag::create().save(&db)?, Tag::create().save(&db)?);
    /// let mut book = Book::create().save(&db)?;
    /// assert_eq!(book.tags.add(&db, [&sf, &fun])?, 2);
    /// assert_eq!(book.tags.remove(&db, [&fun])?, 1);
    /// book.tags.set(&db, [&fun])?;
    /// assert_eq!(book.tags.all(&db)?[0].id, fun.id);
    /// assert_eq!(book.tags.clear(&db)?, 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn add<V: IntoKey<T, T::Key>>(&mut self, db: &dyn Executor, rows: impl IntoIterator<Item = V>) -> Result<u64> {
        self.add_by(db, Location::caller(), keys::<T, V>(rows), &Bare)
    }

    /// Unlinks rows from this one. Says how many were linked.
    ///
    /// # Errors
    ///
    /// [`Error::Unattached`](crate::Error::Unattached) on a handle that belongs to no row of a database, or the database refuses; nothing is
    /// unlinked then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub tags: ManyToMany<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Tag])?;
    /// # let (sf, fun) = (Tag::create().name("sf").save(&db)?, Tag::create().name("fun").save(&db)?);
    /// # let mut book = Book::create().save(&db)?;
    /// book.tags.add(&db, [&sf, &fun])?;
    /// // DELETE FROM "book_tags" WHERE "book_id" = .. AND "tag_id" = ..
    /// assert_eq!(book.tags.remove(&db, [&sf])?, 1);
    /// assert_eq!(book.tags.remove(&db, [&sf])?, 0); // not linked any more
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn remove<V: IntoKey<T, T::Key>>(
        &mut self,
        db: &dyn Executor,
        rows: impl IntoIterator<Item = V>,
    ) -> Result<u64> {
        let rows = keys::<T, V>(rows);
        self.write(db, Location::caller(), |links| links.remove(rows.clone()))
    }

    /// Links these rows with this one and no others.
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
    /// # pub struct Book { pub id: i64, pub tags: ManyToMany<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Tag])?;
    /// # let (sf, fun) = (Tag::create().name("sf").save(&db)?, Tag::create().name("fun").save(&db)?);
    /// # let mut book = Book::create().save(&db)?;
    /// book.tags.add(&db, [&sf])?;
    /// // SELECT .. FROM "book_tags"; DELETE .. what is not named; INSERT .. what is new
    /// book.tags.set(&db, [&fun])?;
    /// assert_eq!(book.tags.all(&db)?[0].name, "fun");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn set<V: IntoKey<T, T::Key>>(&mut self, db: &dyn Executor, rows: impl IntoIterator<Item = V>) -> Result<()> {
        self.set_by(db, Location::caller(), &keys::<T, V>(rows), &Bare)
    }

    /// Unlinks every row from this one. Says how many were linked.
    ///
    /// # Errors
    ///
    /// [`Error::Unattached`](crate::Error::Unattached) on a handle that belongs to no row of a database, or the database refuses; nothing is
    /// unlinked then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub tags: ManyToMany<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Tag])?;
    /// # let (sf, fun) = (Tag::create().name("sf").save(&db)?, Tag::create().name("fun").save(&db)?);
    /// # let mut book = Book::create().save(&db)?;
    /// book.tags.add(&db, [&sf, &fun])?;
    /// assert_eq!(book.tags.clear(&db)?, 2); // DELETE FROM "book_tags" WHERE "book_id" = ..
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn clear(&mut self, db: &dyn Executor) -> Result<u64> {
        self.write(db, Location::caller(), |links| links.clear())
    }

    /// Inserts a row and links it with this one, both or neither.
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
    /// # pub struct Book { pub id: i64, pub tags: ManyToMany<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Tag])?;
    /// # let mut book = Book::create().save(&db)?;
    /// let tag = book.tags.create(&db, Tag::create().name("sf"))?; // INSERT INTO "tag" ..; INSERT INTO "book_tags" ..
    /// assert_eq!(book.tags.all(&db)?[0].id, tag.id);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn create(&mut self, db: &dyn Executor, new: impl Complete<T>) -> Result<T> {
        let at = Location::caller();
        self.linking(at, &Bare, |link| create_linked(new.into_new()?, db, at, Some(link)))
    }

    /// The one of the linked rows for which a condition holds, or else a new one, linked with this one; and whether it
    /// is new. As [`QuerySet::get_or_create`] does.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create); [`Error::MultipleObjectsReturned`](crate::Error::MultipleObjectsReturned) where there are several.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub tags: ManyToMany<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Tag])?;
    /// # let mut book = Book::create().save(&db)?;
    /// // SELECT .. of the tags of the book; INSERT INTO "tag" ..; INSERT INTO "book_tags" ..
    /// let (tag, created) = book.tags.get_or_create(&db, |t| t.name().eq("sf"), Tag::create().name("sf"))?;
    /// assert!(created && book.tags.all(&db)?[0].id == tag.id);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn get_or_create<P: Predicate<T>>(
        &mut self,
        db: &dyn Executor,
        f: impl FnOnce(Fields<T>) -> P,
        new: impl Complete<T>,
    ) -> Result<(T, bool)> {
        let (at, these) = (Location::caller(), self.query().filter(f));
        self.linking(at, &Bare, |link| get_or_insert(&these, || new.into_new(), db, at, Some(link)))
    }

    /// Sets fields of the one of the linked rows for which a condition holds, or else inserts a new one, linked with this
    /// one; the row as it is now, and whether it is new. As [`QuerySet::update_or_create`] does.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create); [`Error::MultipleObjectsReturned`](crate::Error::MultipleObjectsReturned) where there are several.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub tags: ManyToMany<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String, pub uses: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Tag])?;
    /// # let mut book = Book::create().save(&db)?;
    /// let sf = || Tag::create().name("sf").uses(1);
    /// // BEGIN IMMEDIATE; SELECT "tag"."id" ..; INSERT ..; INSERT INTO "book_tags" ..; COMMIT
    /// book.tags.update_or_create(&db, |t| t.name().eq("sf"), |t| t.uses().set(t.uses() + 1), sf())?;
    /// let (tag, created) =
    ///     book.tags.update_or_create(&db, |t| t.name().eq("sf"), |t| t.uses().set(t.uses() + 1), sf())?;
    /// assert_eq!((tag.uses, created), (2, false));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn update_or_create<P: Predicate<T>, A: AssignSet<T>>(
        &mut self,
        db: &dyn Executor,
        f: impl FnOnce(Fields<T>) -> P,
        set: impl FnOnce(Fields<T>) -> A,
        new: impl Complete<T>,
    ) -> Result<(T, bool)> {
        let (at, these) = (Location::caller(), self.query().filter(f));
        self.linking(at, &Bare, |link| update_or_insert(&these, set, || new.into_new(), db, at, Some(link)))
    }

    /// Adds, sets and creates rows by links that have fields of their own: of the model that `#[relation(through = ..)]`
    /// names. It takes a builder of that model, without its foreign keys to the two rows.
    ///
    /// Rows that are linked already keep the links they have.
    ///
    /// # Examples
    ///
    /// ```
    /// use eager_orm::prelude::*;
    ///
    /// #[derive(Model)]
    /// pub struct Club {
    ///     pub id: i64,
    ///     #[relation(through = Membership)]
    ///     pub members: ManyToMany<Person>,
    /// }
    /// #[derive(Model)]
    /// pub struct Person {
    ///     pub id: i64,
    ///     pub name: String,
    /// }
    /// #[derive(Model)]
    /// pub struct Membership {
    ///     pub id: i64,
    ///     pub club: ForeignKey<Club>,
    ///     pub person: ForeignKey<Person>,
    ///     pub role: String,
    /// }
    ///
    /// let db = Database::in_memory()?;
    /// db.create_tables(models![Club, Person, Membership])?;
    /// let (ann, bob) = (Person::create().name("Ann").save(&db)?, Person::create().name("Bob").save(&db)?);
    /// let mut club = Club::create().save(&db)?;
    /// // SELECT "person_id" FROM "membership" ..; INSERT INTO "membership" .. -- for each row
    /// club.members.through(Membership::create().role("member")).add(&db, [&ann, &bob])?;
    /// club.members.through(Membership::create().role("chair")).create(&db, Person::create().name("Cid"))?;
    /// assert_eq!(club.members.all(&db)?.len(), 3);
    /// assert_eq!(Membership::objects().filter(|m| m.role().eq("chair")).get(&db)?.person.get(&db)?.name, "Cid");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn through<L: Model, B: CompleteChild<L> + Clone>(&mut self, link: B) -> LinkedThrough<'_, T, L, B> {
        LinkedThrough::new(self, link)
    }

    pub(super) fn add_by(
        &mut self,
        db: &dyn Executor,
        at: &'static Location<'static>,
        rows: Vec<Bind<'static>>,
        by: &dyn NewLinks,
    ) -> Result<u64> {
        self.write(db, at, |links| by.add(links, rows.clone()))
    }

    pub(super) fn set_by(
        &mut self,
        db: &dyn Executor,
        at: &'static Location<'static>,
        rows: &[Bind<'static>],
        by: &dyn NewLinks,
    ) -> Result<()> {
        self.write(db, at, |links| {
            let linked = links.linked(None)?;
            let (gone, new) = (missing(&linked, rows), missing(rows, &linked));
            links.remove(gone)?;
            by.insert(links, new)
        })?;
        Ok(())
    }

    /// Does what may make a row, with what links such a row with this one.
    pub(super) fn linking<X>(
        &mut self,
        at: &'static Location<'static>,
        by: &dyn NewLinks,
        work: impl FnOnce(&dyn Fn(&Connection<'_>, KeyRef<'_>) -> Result<()>) -> Result<X>,
    ) -> Result<X> {
        let place = self.place.as_mut().ok_or(UNATTACHED)?;
        let between = Between::of(place).ok_or(UNATTACHED)?;
        let key = place.key().ok_or(UNATTACHED)?.bind().into_owned();
        let made = work(&|connection, other| {
            let key = KeyRef::of_bind(&key).ok_or(UNATTACHED)?;
            by.insert(&Links::new(connection, between, key, at), vec![other.bind().into_owned()]).map(drop)
        })?;
        place.leave();
        Ok(made)
    }

    fn write(
        &mut self,
        db: &dyn Executor,
        at: &'static Location<'static>,
        mut work: impl FnMut(&Links<'_>) -> Result<u64>,
    ) -> Result<u64> {
        let place = self.place.as_mut().ok_or(UNATTACHED)?;
        let between = Between::of(place).ok_or(UNATTACHED)?;
        let key = place.key().ok_or(UNATTACHED)?;
        let mut count = 0;
        db.run(Need::WriteAll, at, &mut |connection| {
            count = work(&Links::new(connection, between, key, at))?;
            Ok(())
        })?;
        place.leave();
        Ok(count)
    }
}
