//! What a relation can be asked and told beyond its rows: querysets, and writes.
//!
//! After a write the handle reads afresh. Clones of the row, and other rows of the same result that share the relation,
//! keep what they had loaded.

use std::panic::Location;
use std::sync::Arc;

use crate::db::{About, Connection, Executor, Need};
use crate::error::{Error, Result};
use crate::lookup::{AssignSet, Predicate};
use crate::lower::{key_of, next_version, own_key_in};
use crate::meta::{RelationKind, RelationMeta};
use crate::model::{CompleteChild, Fields, Model, NullableKey, Target};
use crate::plan::{Node, NodeKind, Path};
use crate::queryset::{QuerySet, read_keys};
use crate::relation::{ForeignKey, HasMany, IntoKey};
use crate::save::{blame_links, get_or_insert, insert, update_or_insert};
use crate::sql;
use crate::statement::{Alias, Expr, Select, Source, Statement, Update};
use crate::value::{Bind, KeyMap, KeyRef, PrimaryKey};

impl<T: Target> ForeignKey<T> {
    /// The row this points at, as a queryset.
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
    /// let book = Book::create().author(&ann).save(&db)?;
    /// book.author.query().update(&db, |a| a.name().set("Bob"))?; // UPDATE "author" SET .. WHERE "author"."id" = ..
    /// assert_eq!(book.author.get(&db)?.name, "Bob");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn query(&self) -> QuerySet<T> {
        let mut queryset = QuerySet::new();
        queryset.plan.filters.push(Node::key_is(self.key().key_ref()));
        queryset
    }
}

impl<T: Model> HasMany<T> {
    /// The related rows, as a queryset: to filter, count, update or delete them. It asks the database each time.
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
    /// # let author = Author::create().save(&db)?;
    /// // SELECT count(*) FROM "book" WHERE "book"."author_id" = ?1 AND "book"."pages" > ?2
    /// assert_eq!(author.books.query().filter(|b| b.pages().gt(300)).count(&db)?, 0);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn query(&self) -> QuerySet<T> {
        let owner = || {
            let place = self.place.as_ref()?;
            let back = place.relation()?.via()?;
            let key = Node::bind(place.key()?.bind().into_owned());
            Some(Node::equal(Node::leaf(NodeKind::ForeignKey(Path::default(), back)), key))
        };
        of_owner(owner())
    }

    /// Inserts a row that points at this one. The foreign key to this row can be left out.
    ///
    /// # Errors
    ///
    /// [`Error::Unattached`] on a handle that belongs to no row of a database; [`Error::NotNull`] where another foreign
    /// key is missing; otherwise as for a builder's `save`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub author: ForeignKey<Author> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # let mut author = Author::create().save(&db)?;
    /// author.books.create(&db, Book::create().title("Dune"))?; // INSERT INTO "book" ..
    /// assert_eq!(author.books.all(&db)?[0].title, "Dune");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn create(&mut self, db: &dyn Executor, new: impl CompleteChild<T>) -> Result<T> {
        let row = insert::<T>(self.child(new)?, db)?;
        self.leave();
        Ok(row)
    }

    /// The one of the related rows for which a condition holds, or else a new one that points at this row; and whether
    /// it is new. As [`QuerySet::get_or_create`] does.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create); [`Error::MultipleObjectsReturned`] where there are several.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub author: ForeignKey<Author> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # let mut author = Author::create().save(&db)?;
    /// // SELECT .. WHERE "book"."author_id" = ?1 AND "book"."title" = ?2; INSERT .. WHERE NOT EXISTS (..)
    /// let (book, created) =
    ///     author.books.get_or_create(&db, |b| b.title().eq("Dune"), Book::create().title("Dune"))?;
    /// assert!(created && *book.author.key() == author.id);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn get_or_create<P: Predicate<T>>(
        &mut self,
        db: &dyn Executor,
        f: impl FnOnce(Fields<T>) -> P,
        new: impl CompleteChild<T>,
    ) -> Result<(T, bool)> {
        let at = Location::caller();
        let found = get_or_insert(&self.query().filter(f), || self.child(new), db, at, None)?;
        self.leave();
        Ok(found)
    }

    /// Sets fields of the one of the related rows for which a condition holds, or else inserts a new one that points at
    /// this row; the row as it is now, and whether it is new. As [`QuerySet::update_or_create`] does.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create); [`Error::MultipleObjectsReturned`] where there are several.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub pages: i32, pub author: ForeignKey<Author> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # let mut author = Author::create().save(&db)?;
    /// let dune = || Book::create().title("Dune").pages(412);
    /// // BEGIN IMMEDIATE; SELECT "book"."id" ..; INSERT ..; COMMIT, and then UPDATE .. RETURNING .. in place of INSERT
    /// author.books.update_or_create(&db, |b| b.title().eq("Dune"), |b| b.pages().set(256), dune())?;
    /// let (book, created) =
    ///     author.books.update_or_create(&db, |b| b.title().eq("Dune"), |b| b.pages().set(256), dune())?;
    /// assert_eq!((book.pages, created), (256, false));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn update_or_create<P: Predicate<T>, A: AssignSet<T>>(
        &mut self,
        db: &dyn Executor,
        f: impl FnOnce(Fields<T>) -> P,
        set: impl FnOnce(Fields<T>) -> A,
        new: impl CompleteChild<T>,
    ) -> Result<(T, bool)> {
        let at = Location::caller();
        let found = update_or_insert(&self.query().filter(f), set, || self.child(new), db, at, None)?;
        self.leave();
        Ok(found)
    }

    /// Lets rows point at this one, wherever they pointed before. Says how many rows there were.
    ///
    /// The rows in hand still have the key they had.
    ///
    /// # Errors
    ///
    /// [`Error::Unattached`] on a handle that belongs to no row of a database; the constraints of the table, as typed
    /// errors, and nothing is changed then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # let (mut ann, bob) = (Author::create().save(&db)?, Author::create().save(&db)?);
    /// let book = Book::create().author(&bob).save(&db)?;
    /// // UPDATE "book" SET "author_id" = ?1 WHERE "id" IN (SELECT value FROM rarray(?2))
    /// assert_eq!(ann.books.add(&db, [&book])?, 1);
    /// assert_eq!(ann.books.all(&db)?[0].id, book.id);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn add<V: IntoKey<T, T::Key>>(&mut self, db: &dyn Executor, rows: impl IntoIterator<Item = V>) -> Result<u64> {
        let rows = keys::<T, V>(rows);
        self.write(db, Location::caller(), |pointers| pointers.add(rows.clone()))
    }

    /// Takes rows away from this one: their foreign key becomes NULL. Says how many pointed here.
    ///
    /// It compiles where the model of the rows has a foreign key that can be NULL.
    ///
    /// # Errors
    ///
    /// As for [`add`](Self::add); [`Error::Misuse`] where the foreign key to this row is one that cannot be NULL.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Shelf { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, #[relation(on_delete = SetNull)] pub shelf: Option<ForeignKey<Shelf>> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Shelf, Book])?;
    /// # let mut shelf = Shelf::create().save(&db)?;
    /// let book = shelf.books.create(&db, Book::create())?;
    /// // UPDATE "book" SET "shelf_id" = NULL WHERE "shelf_id" = ?1 AND "id" IN (SELECT value FROM rarray(?2))
    /// assert_eq!(shelf.books.remove(&db, [&book])?, 1);
    /// assert!(Book::objects().find(&db, book.id)?.shelf.is_none());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn remove<V: IntoKey<T, T::Key>>(&mut self, db: &dyn Executor, rows: impl IntoIterator<Item = V>) -> Result<u64>
    where
        T: NullableKey,
    {
        let rows = keys::<T, V>(rows);
        self.write(db, Location::caller(), |pointers| pointers.remove(Some(rows.clone())))
    }

    /// Lets these rows point at this one and no others: those that did get NULL.
    ///
    /// # Errors
    ///
    /// As for [`remove`](Self::remove); nothing is changed then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Shelf { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, #[relation(on_delete = SetNull)] pub shelf: Option<ForeignKey<Shelf>> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Shelf, Book])?;
    /// # let mut shelf = Shelf::create().save(&db)?;
    /// shelf.books.create(&db, Book::create())?;
    /// let other = Book::create().save(&db)?;
    /// // SELECT "id" ..; UPDATE .. SET "shelf_id" = NULL ..; UPDATE .. SET "shelf_id" = ?1 ..
    /// shelf.books.set(&db, [&other])?;
    /// assert_eq!(shelf.books.all(&db)?.iter().map(|book| book.id).collect::<Vec<_>>(), [other.id]);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn set<V: IntoKey<T, T::Key>>(&mut self, db: &dyn Executor, rows: impl IntoIterator<Item = V>) -> Result<()>
    where
        T: NullableKey,
    {
        let rows = keys::<T, V>(rows);
        self.write(db, Location::caller(), |pointers| {
            let there = pointers.there()?;
            let gone = missing(&there, &rows);
            if !gone.is_empty() {
                pointers.remove(Some(gone))?;
            }
            pointers.add(missing(&rows, &there))
        })?;
        Ok(())
    }

    /// Takes every row away from this one: their foreign key becomes NULL. Says how many there were.
    ///
    /// # Errors
    ///
    /// As for [`remove`](Self::remove).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Shelf { pub id: i64, pub books: HasMany<Book> }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, #[relation(on_delete = SetNull)] pub shelf: Option<ForeignKey<Shelf>> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Shelf, Book])?;
    /// # let mut shelf = Shelf::create().save(&db)?;
    /// shelf.books.create(&db, Book::create())?;
    /// assert_eq!(shelf.books.clear(&db)?, 1); // UPDATE "book" SET "shelf_id" = NULL WHERE "shelf_id" = ?1
    /// assert_eq!(Book::objects().count(&db)?, 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn clear(&mut self, db: &dyn Executor) -> Result<u64>
    where
        T: NullableKey,
    {
        self.write(db, Location::caller(), |pointers| pointers.remove(None))
    }

    /// The new row, pointing here.
    fn child(&self, new: impl CompleteChild<T>) -> Result<T::New> {
        let place = self.place.as_ref().ok_or(UNATTACHED)?;
        let back = place.relation().and_then(RelationMeta::via).ok_or(UNATTACHED)?;
        new.into_child(&[(back.slot, place.key().ok_or(UNATTACHED)?)])
    }

    /// What was loaded is not what is there.
    fn leave(&mut self) {
        if let Some(place) = &mut self.place {
            place.leave();
        }
    }

    fn write(
        &mut self,
        db: &dyn Executor,
        at: &'static Location<'static>,
        mut work: impl FnMut(&Pointers<'_>) -> Result<u64>,
    ) -> Result<u64> {
        let place = self.place.as_ref().ok_or(UNATTACHED)?;
        let back = place.relation().and_then(RelationMeta::via).ok_or(UNATTACHED)?;
        let key = place.key().ok_or(UNATTACHED)?;
        let mut count = 0;
        db.run(Need::WriteAll, at, &mut |connection| {
            count = work(&Pointers { connection, back, key, about: About { meta: T::META, at } })?;
            Ok(())
        })?;
        self.leave();
        Ok(count)
    }
}

const UNATTACHED: Error = Error::Unattached { what: "HasMany" };

/// The rows that point at one row.
struct Pointers<'a> {
    connection: &'a Connection<'a>,
    /// Their foreign key.
    back: &'static RelationMeta,
    key: KeyRef<'a>,
    about: About,
}

impl Pointers<'_> {
    /// The column, and whether it can be NULL.
    fn column(&self) -> Result<(&'static str, bool)> {
        match self.back.kind {
            RelationKind::ForeignKey { column, nullable, .. } => Ok((column, nullable)),
            _ => Err(UNATTACHED),
        }
    }

    fn own(&self) -> Expr {
        Expr::Bind(self.key.bind().into_owned())
    }

    fn add(&self, rows: Vec<Bind<'static>>) -> Result<u64> {
        let (column, _) = self.column()?;
        if rows.is_empty() { Ok(0) } else { self.update(column, self.own(), vec![self.among(rows)]) }
    }

    fn remove(&self, rows: Option<Vec<Bind<'static>>>) -> Result<u64> {
        let (column, nullable) = self.column()?;
        if !nullable {
            let name = self.back.full_name();
            return Err(Error::misuse(format!("`{name}` cannot be NULL: delete the row, or let it point at another")));
        }
        if rows.as_ref().is_some_and(Vec::is_empty) {
            return Ok(0);
        }
        let mut filter = vec![Expr::eq(Expr::own(column), self.own())];
        filter.extend(rows.map(|rows| self.among(rows)));
        self.update(column, Expr::Bind(Bind::Null), filter)
    }

    /// The keys of the rows that point here.
    fn there(&self) -> Result<Vec<Bind<'static>>> {
        let (column, _) = self.column()?;
        let meta = self.about.meta;
        let alias: Alias = meta.table.into();
        let select = Select {
            columns: vec![key_of(meta, &alias)],
            from: vec![Source::first(meta.table, alias.clone())],
            filter: vec![Expr::eq(Expr::column(&alias, column), self.own())],
            ..Select::default()
        };
        read_keys(self.connection, &Statement::Select(select), self.about)
    }

    fn among(&self, rows: Vec<Bind<'static>>) -> Expr {
        own_key_in(self.about.meta, &Arc::new(rows))
    }

    fn update(&self, column: &'static str, value: Expr, filter: Vec<Expr>) -> Result<u64> {
        let mut set = vec![(column.into(), value)];
        set.extend(next_version(self.about.meta));
        let update = Update { table: self.about.meta.table, set, from: None, filter, returning: Vec::new() };
        let outcome = self.connection.execute(&sql::compile(&Statement::Update(update)), self.about);
        outcome.map_err(|error| {
            let link = (self.back.name, self.back.target(), vec![self.key.bind().into_owned()]);
            blame_links(error, self.connection, self.about, [link])
        })
    }
}

/// The keys of rows, each once.
pub(super) fn keys<T: Model, V: IntoKey<T, T::Key>>(rows: impl IntoIterator<Item = V>) -> Vec<Bind<'static>> {
    let mut known = KeyMap::default();
    let mut keys = Vec::new();
    for key in rows.into_iter().map(IntoKey::into_key) {
        if known.number(key.key_ref(), 0).1 {
            keys.push(key.key_ref().bind().into_owned());
        }
    }
    keys
}

/// The keys that are not among the others.
pub(super) fn missing(keys: &[Bind<'static>], others: &[Bind<'static>]) -> Vec<Bind<'static>> {
    let mut known = KeyMap::default();
    for key in others.iter().filter_map(KeyRef::of_bind) {
        known.number(key, 0);
    }
    let is_missing = |key: &&Bind<'static>| KeyRef::of_bind(key).is_some_and(|key| known.get(key).is_none());
    keys.iter().filter(is_missing).cloned().collect()
}

/// The rows that belong to an owner; a queryset that says what is wrong where there is none.
pub(super) fn of_owner<T: Model>(filter: Option<Node>) -> QuerySet<T> {
    let mut queryset = QuerySet::new();
    match filter {
        Some(filter) => queryset.plan.filters.push(filter),
        None => queryset.plan.more.misuse = Some("this relation belongs to no loaded row"),
    }
    queryset
}
