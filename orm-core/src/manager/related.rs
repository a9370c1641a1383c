//! What a relation can be asked and told beyond its rows: querysets, and writes.
//!
//! After a write the handle reads afresh. Clones of the row, and other rows of the same result that share the relation,
//! keep what they had loaded.

use std::panic::Location;

use crate::db::{About, Connection, Executor, Need};
use crate::error::{Error, Result};
use crate::group::Place;
use crate::meta::{ModelMeta, RelationMeta, Through};
use crate::model::{CompleteChild, Model};
use crate::plan::{Node, NodeKind, Path};
use crate::queryset::QuerySet;
use crate::relation::{ForeignKey, HasMany, IntoKey, ManyToMany};
use crate::save::insert;
use crate::sql;
use crate::statement::{Delete, Expr, Insert, Select, Source, Statement};
use crate::value::{Bind, Key, KeyMap, KeyRef};

impl<T: Model> ForeignKey<T> {
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
            Some(Node::equal(Node::new(NodeKind::ForeignKey(Path::default(), back)), key))
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
        const UNATTACHED: Error = Error::Unattached { what: "HasMany" };
        let place = self.place.as_mut().ok_or(UNATTACHED)?;
        let back = place.relation().and_then(RelationMeta::via).ok_or(UNATTACHED)?;
        let new = new.into_child(back.slot, place.key().ok_or(UNATTACHED)?)?;
        let row = insert::<T>(new, db)?;
        place.leave();
        Ok(row)
    }
}

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
            let (_, through) = link(place)?;
            Some(Node::new(NodeKind::Linked(through, place.key()?.bind().into_owned())))
        };
        of_owner(owner())
    }

    /// Links rows with this one; those that are linked already stay so. Says how many are new.
    ///
    /// # Errors
    ///
    /// [`Error::ForeignKey`] where a row is not there; no link is made then. [`Error::NotNull`] where the through
    /// model has more required fields: create its rows by itself. [`Error::Unattached`] on a handle that belongs to no
    /// row of a database.
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
        let rows = keys::<T, V>(rows);
        self.write(db, Location::caller(), |links| links.add(&rows))
    }

    /// Unlinks rows from this one. Says how many were linked.
    ///
    /// # Errors
    ///
    /// [`Error::Unattached`] on a handle that belongs to no row of a database, or the database refuses; nothing is
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
        self.write(db, Location::caller(), |links| links.remove(&rows))
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
        let rows = keys::<T, V>(rows);
        self.write(db, Location::caller(), |links| {
            let linked = links.linked()?;
            let missing = |keys: &[Bind<'static>], others: &[Bind<'static>]| -> Vec<Bind<'static>> {
                let mut numbers = KeyMap::default();
                for key in others.iter().filter_map(KeyRef::of_bind) {
                    numbers.number(key, 0);
                }
                let is_missing =
                    |key: &&Bind<'static>| KeyRef::of_bind(key).is_some_and(|key| numbers.get(key).is_none());
                keys.iter().filter(is_missing).cloned().collect()
            };
            let (gone, new) = (missing(&linked, &rows), missing(&rows, &linked));
            links.remove(&gone)?;
            links.add(&new)
        })?;
        Ok(())
    }

    /// Unlinks every row from this one. Says how many were linked.
    ///
    /// # Errors
    ///
    /// [`Error::Unattached`] on a handle that belongs to no row of a database, or the database refuses; nothing is
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

    fn write(
        &mut self,
        db: &dyn Executor,
        at: &'static Location<'static>,
        mut work: impl FnMut(&Links<'_>) -> Result<u64>,
    ) -> Result<u64> {
        const UNATTACHED: Error = Error::Unattached { what: "ManyToMany" };
        let place = self.place.as_mut().ok_or(UNATTACHED)?;
        let (meta, through) = link(place).ok_or(UNATTACHED)?;
        let key = place.key().ok_or(UNATTACHED)?;
        let mut count = 0;
        db.run(Need::WriteAll, at, &mut |connection| {
            count = work(&Links { connection, through, key, about: About { meta, at } })?;
            Ok(())
        })?;
        place.leave();
        Ok(count)
    }
}

/// The links of one row, in the table between.
struct Links<'a> {
    connection: &'a Connection<'a>,
    through: Through,
    key: KeyRef<'a>,
    about: About,
}

impl Links<'_> {
    fn add(&self, rows: &[Bind<'static>]) -> Result<u64> {
        let columns = vec![self.through.from.name(), self.through.to.name()];
        let insert = Insert { table: self.through.table, columns, unless_exists: true };
        self.each(Statement::Insert(insert), rows)
    }

    fn remove(&self, rows: &[Bind<'static>]) -> Result<u64> {
        let mark = || Expr::Bind(Bind::Null);
        let filter = vec![
            Expr::eq(Expr::own(self.through.from.name()), mark()),
            Expr::eq(Expr::own(self.through.to.name()), mark()),
        ];
        self.each(Statement::Delete(Delete { table: self.through.table, filter }), rows)
    }

    /// Runs a statement whose binds are this row's key and another one, for each of the others.
    fn each(&self, statement: Statement, rows: &[Bind<'static>]) -> Result<u64> {
        let mut changed = 0;
        if rows.is_empty() {
            return Ok(changed);
        }
        self.connection.repeat(&sql::compile(&statement).text, self.about, |prepared| {
            for row in rows {
                prepared.bind(1, &self.key.bind())?;
                prepared.bind(2, row)?;
                changed += prepared.execute()?;
            }
            Ok(())
        })?;
        Ok(changed)
    }

    fn clear(&self) -> Result<u64> {
        let filter = vec![Expr::eq(Expr::own(self.through.from.name()), Expr::Bind(self.key.bind().into_owned()))];
        let delete = Statement::Delete(Delete { table: self.through.table, filter });
        self.connection.execute(&sql::compile(&delete), self.about)
    }

    fn linked(&self) -> Result<Vec<Bind<'static>>> {
        let alias: crate::statement::Alias = self.through.table.into();
        let from = Expr::column(&alias, self.through.from.name());
        let select = Select {
            columns: vec![Expr::column(&alias, self.through.to.name())],
            from: vec![Source::first(self.through.table, alias)],
            filter: vec![Expr::eq(from, Expr::Bind(self.key.bind().into_owned()))],
            ..Select::default()
        };
        let mut linked = Vec::new();
        self.connection.query(&sql::compile(&Statement::Select(select)), self.about, |row| {
            if let Ok(Some(key)) = row.datum(0).and_then(KeyRef::read) {
                linked.push(key.bind().into_owned());
            }
            Ok(())
        })?;
        Ok(linked)
    }
}

fn keys<T: Model, V: IntoKey<T, T::Key>>(rows: impl IntoIterator<Item = V>) -> Vec<Bind<'static>> {
    rows.into_iter().map(|row| row.into_key().key_ref().bind().into_owned()).collect()
}

fn link(place: &Place) -> Option<(&'static ModelMeta, Through)> {
    let meta = place.group().meta()?;
    Some((meta, place.relation()?.through(meta)?))
}

/// The rows that belong to an owner; a queryset that says what is wrong where there is none.
fn of_owner<T: Model>(filter: Option<Node>) -> QuerySet<T> {
    let mut queryset = QuerySet::new();
    match filter {
        Some(filter) => queryset.plan.filters.push(filter),
        None => queryset.plan.misuse = Some("this relation belongs to no loaded row"),
    }
    queryset
}
