//! Lazy loading: what a handle does when it is asked for something that was not loaded.
//!
//! It loads with the same step a prefetch runs, and keeps the answer in the cell of its group, so the next access (by
//! any clone of the row) asks nobody. [`FetchMode::One`] loads for the one row that was asked; loading for every row
//! of the group at once is a matter of handing the step the whole group.

use std::panic::Location;

use crate::db::{About, Executor, FetchMode, Need};
use crate::error::{Error, Result};
use crate::group::{Cursor, Group, Handle, Instance, Loader, ManyCell, OneCell, Place};
use crate::lower;
use crate::meta::RelationMeta;
use crate::model::{Model, decode_error, loader_of};
use crate::plan::{Node, NodeKind, Path, Plan};
use crate::prefetch::{self, Run};
use crate::relation::{Deferred, ForeignKey, HasMany, HasOne, IntoOptKey, ManyToMany};
use crate::sql;
use crate::value::{KeyRef, Value};

impl<T: Model> ForeignKey<T> {
    /// The row this points at: from memory if it is loaded, otherwise by one query, and then remembered.
    ///
    /// # Errors
    ///
    /// [`Error::DoesNotExist`] if there is no such row, and whatever the query fails with.
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
    /// // SELECT "author"."id", "author"."name" FROM "author" WHERE "author"."id" IN (SELECT value FROM rarray(?1))
    /// assert_eq!(assert_num_queries!(db, 1, { book.author.get(&db)?.name.clone() }), "Ann");
    /// assert_eq!(assert_num_queries!(db, 0, { book.author.get(&db)?.name.clone() }), "Ann");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn get(&self, db: &dyn Executor) -> Result<&T> {
        let known = match self.place.peek::<OneCell<T>>() {
            Some(known) => Some(known),
            None => {
                load_key(db, Location::caller(), loader_of::<T>(), self.key_ref(), &self.place)?;
                self.place.peek::<OneCell<T>>()
            }
        };
        known.and_then(Option::as_deref).ok_or_else(|| self.missing())
    }

    fn key_ref(&self) -> KeyRef<'_> {
        crate::value::Key::key_ref(self.key())
    }

    #[cold]
    fn missing(&self) -> Error {
        let relation = relation_of(&self.place);
        let from =
            relation.map_or_else(String::new, |relation| format!(", named by `{}.{}`", relation.model, relation.name));
        Error::DoesNotExist { model: T::META.name, key: Some(format!("key {}{from}", self.key_ref())) }
    }
}

/// What an `Option<ForeignKey<T>>` can do: the methods of a foreign key, with room for none.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Publisher { pub id: i64, pub name: String }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub publisher: Option<ForeignKey<Publisher>> }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Publisher, Book])?;
/// let mut book = Book::create().save(&db)?;
/// assert!(book.publisher.get(&db)?.is_none()); // NULL: no query
/// let ace = Publisher::create().name("Ace").save(&db)?;
/// book.publisher.set(&ace);
/// assert_eq!(book.publisher.get(&db)?.map(|publisher| &*publisher.name), Some("Ace"));
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub trait OptionalForeignKey<T: Model> {
    /// The row this points at, if it points at one.
    ///
    /// # Errors
    ///
    /// As for [`ForeignKey::get`].
    fn get(&self, db: &dyn Executor) -> Result<Option<&T>>;
    /// The row, if it is loaded. Never asks the database.
    fn loaded(&self) -> Option<&T>;
    /// The key, if there is one.
    fn key(&self) -> Option<&T::Key>;
    /// Points at another row, or at none.
    fn set(&mut self, to: impl IntoOptKey<T, T::Key>);
}

impl<T: Model> OptionalForeignKey<T> for Option<ForeignKey<T>> {
    #[track_caller]
    fn get(&self, db: &dyn Executor) -> Result<Option<&T>> {
        match self {
            Some(key) => key.get(db).map(Some),
            None => Ok(None),
        }
    }
    fn loaded(&self) -> Option<&T> {
        self.as_ref()?.loaded()
    }
    fn key(&self) -> Option<&T::Key> {
        self.as_ref().map(ForeignKey::key)
    }
    fn set(&mut self, to: impl IntoOptKey<T, T::Key>) {
        *self = to.into_opt_key().map(ForeignKey::new);
    }
}

macro_rules! all {
    ($name:ident, $what:literal) => {
        impl<T: Model> $name<T> {
            /// The rows: from memory if they are loaded, otherwise by one query, and then remembered.
            ///
            /// # Errors
            ///
            /// [`Error::Unattached`] on a handle that belongs to no row of a database, and whatever the query fails
            /// with.
            #[track_caller]
            pub fn all(&self, db: &dyn Executor) -> Result<&[T]> {
                let Some(place) = &self.place else { return Err(Error::Unattached { what: $what }) };
                if place.peek::<ManyCell<T>>().is_none() {
                    load_relation(db, Location::caller(), loader_of::<T>(), place, $what)?;
                }
                place.peek::<ManyCell<T>>().map(|rows| &**rows).ok_or(Error::Unattached { what: $what })
            }
        }
    };
}
all!(HasMany, "HasMany");
all!(ManyToMany, "ManyToMany");

impl<T: Model> HasOne<T> {
    /// The row, if there is one: from memory if it is known, otherwise by one query, and then remembered.
    ///
    /// # Errors
    ///
    /// [`Error::Unattached`] on a handle that belongs to no row of a database, and whatever the query fails with.
    #[track_caller]
    pub fn get(&self, db: &dyn Executor) -> Result<Option<&T>> {
        const WHAT: &str = "HasOne";
        let Some(place) = &self.place else { return Err(Error::Unattached { what: WHAT }) };
        if place.peek::<OneCell<T>>().is_none() {
            load_relation(db, Location::caller(), loader_of::<T>(), place, WHAT)?;
        }
        place.peek::<OneCell<T>>().map(Option::as_deref).ok_or(Error::Unattached { what: WHAT })
    }
}

impl<T: Value<Out = T> + Send + Sync> Deferred<T> {
    /// The value: from memory if it is loaded, otherwise by one query, and then remembered.
    ///
    /// # Errors
    ///
    /// [`Error::DoesNotExist`] if the row is gone, [`Error::Unattached`] on a value that belongs to no row of a
    /// database, and whatever the query fails with.
    #[track_caller]
    pub fn get(&self, db: &dyn Executor) -> Result<&T> {
        if let Some(value) = self.loaded() {
            return Ok(value);
        }
        let place = self.place.as_ref().ok_or(UNATTACHED)?;
        let value = load_column::<T>(db, Location::caller(), place)?;
        place.fill(value).ok_or(UNATTACHED)
    }
}

const UNATTACHED: Error = Error::Unattached { what: "Deferred" };

fn relation_of(place: &Place) -> Option<&'static RelationMeta> {
    place.group().meta()?.relation_in(place.slot())
}

/// One row by its key, into one place.
fn load_key(
    db: &dyn Executor,
    at: &'static Location<'static>,
    loader: &'static dyn Loader,
    key: KeyRef<'_>,
    place: &Place,
) -> Result<()> {
    let meta = loader.meta();
    let mut plan = Plan::new(meta);
    plan.order = Some(Vec::new());
    plan.filters.push(row_with_key(key));
    let lowered = lower::select(&plan)?;
    let sql = sql::compile(&lowered.statement);
    let group = Group::new(meta, place.group().mode());
    db.run(Need::Read, at, &mut |connection| {
        let mut sink = loader.ones();
        connection.query(&sql, About { meta, at }, |row| {
            let mut cursor = Cursor::new(row, &lowered.layout, &group, 0);
            sink.push(&mut cursor, 0).map_err(|mismatch| decode_error(meta, &lowered.layout, cursor.column(), mismatch))
        })?;
        let found = (sink.len() > 0).then_some(0);
        sink.seal(&group);
        sink.fill_one(place, found);
        Ok(())
    })
}

fn row_with_key(key: KeyRef<'_>) -> Node {
    let key = Node::bind(key.bind().into_owned());
    Node::new(NodeKind::InList(Node::new(NodeKind::RowKey(Path::default())), vec![key]))
}

/// A relation of one row, by a prefetch for that row alone.
fn load_relation(
    db: &dyn Executor,
    at: &'static Location<'static>,
    loader: &'static dyn Loader,
    place: &Place,
    what: &'static str,
) -> Result<()> {
    let relation = relation_of(place).ok_or(Error::Unattached { what })?;
    let key = place.key().ok_or(Error::Unattached { what })?;
    match place.group().mode() {
        FetchMode::One => db.run(Need::Read, at, &mut |connection| {
            let row = Only { key, place };
            prefetch::load(Run { connection, at, mode: place.group().mode() }, &[&row], relation, loader)
        }),
    }
}

/// The one row a handle belongs to, as far as the handle knows it.
struct Only<'a> {
    key: KeyRef<'a>,
    place: &'a Place,
}

impl Instance for Only<'_> {
    fn key_ref(&self) -> KeyRef<'_> {
        self.key
    }
    fn handle(&self, slot: usize) -> Option<Handle<'_>> {
        (slot == self.place.slot()).then_some(Handle { key: None, place: Some(self.place) })
    }
}

/// A deferred column of one row.
fn load_column<T: Value<Out = T>>(db: &dyn Executor, at: &'static Location<'static>, place: &Place) -> Result<T> {
    let meta = place.group().meta().ok_or(UNATTACHED)?;
    let key = place.key().ok_or(UNATTACHED)?;
    let column = meta.columns.iter().find(|column| column.deferred == Some(place.slot())).ok_or(UNATTACHED)?;
    let mut plan = Plan::new(meta);
    plan.order = Some(Vec::new());
    plan.filters.push(row_with_key(key));
    plan.select = Some(vec![Node::new(NodeKind::Column(Path::default(), column))]);
    let sql = sql::compile(&lower::select(&plan)?.statement);
    let mut value = None;
    db.run(Need::Read, at, &mut |connection| {
        connection.query(&sql, About { meta, at }, |row| {
            let read = Cursor::of_values(row, 0).value::<T>();
            value = Some(read.map_err(|mismatch| Error::Decode {
                model: meta.name,
                field: column.name.to_owned(),
                column: column.column.to_owned(),
                expected: column.rust_type,
                found: mismatch.0.into_owned(),
            })?);
            Ok(())
        })
    })?;
    value.ok_or_else(|| Error::DoesNotExist { model: meta.name, key: Some(format!("key {key}")) })
}
