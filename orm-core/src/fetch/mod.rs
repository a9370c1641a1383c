//! Lazy loading: what a handle does when it is asked for something that was not loaded.
//!
//! It loads with the same step a prefetch runs, and keeps the answer in the cell of its group, so the next access (by
//! any clone of the row) asks nobody. [`FetchMode::One`] loads for the one row that was asked, [`FetchMode::Peers`] for
//! every row of the group at once: the same step, handed more rows.

use std::collections::HashSet;
use std::ops::Range;
use std::panic::Location;

use crate::db::{About, By, Connection, Database, Executor, FetchMode, Home, LazyLoad, Need, on_behalf};
use crate::error::{Error, Result};
use crate::group::{Cell, ColumnCell, Cursor, Group, Loader, ManyCell, OneCell, Place};
use crate::lower;
use crate::meta::{ModelMeta, RelationMeta};
use crate::model::{Model, Target, decode_error, loader_of};
use crate::plan::{Node, NodeKind, Path, Plan};
use crate::prefetch::{self, Run};
use crate::relation::{Deferred, ForeignKey, HasMany, HasOne, IntoOptKey, ManyToMany};
use crate::sql;
use crate::value::{KeyMap, KeyRef, Value};

impl<T: Target> ForeignKey<T> {
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
    /// // SELECT "author"."id", "author"."name"
    /// // FROM rarray(?1) AS "author__keys" CROSS JOIN "author" ON "author"."id" = "author__keys"."value"
    /// assert_eq!(assert_num_queries!(db, 1, { book.author.get(&db)?.name.clone() }), "Ann");
    /// assert_eq!(assert_num_queries!(db, 0, { book.author.get(&db)?.name.clone() }), "Ann");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn get(&self, db: &dyn Executor) -> Result<&T> {
        let known = match self.place.read::<OneCell<T>>() {
            Some(known) => Some(known),
            None => {
                load_key(db, Location::caller(), loader_of::<T>(), self.key_ref(), &self.place)?;
                self.place.peek::<OneCell<T>>()
            }
        };
        known.and_then(Option::as_deref).ok_or_else(|| self.missing())
    }

    fn key_ref(&self) -> KeyRef<'_> {
        crate::value::PrimaryKey::key_ref(self.key())
    }

    #[cold]
    fn missing(&self) -> Error {
        let relation = self.place.relation();
        let from = relation.map_or_else(String::new, |relation| format!(", named by `{}`", relation.full_name()));
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
/// assert_eq!(book.publisher.key(), Some(&ace.id));
/// assert!(book.publisher.loaded().is_none());
/// assert_eq!(book.publisher.get(&db)?.map(|publisher| &*publisher.name), Some("Ace"));
/// book.publisher.set(None::<&Publisher>);
/// assert!(book.publisher.key().is_none());
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub trait OptionalForeignKey<T: Target> {
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

impl<T: Target> OptionalForeignKey<T> for Option<ForeignKey<T>> {
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
        match (self.as_mut(), to.into_opt_key()) {
            (Some(known), Some(key)) => known.point_at(key),
            (_, key) => *self = key.map(ForeignKey::new),
        }
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
            ///
            /// # Examples
            ///
            /// ```
            /// # use eager_orm::prelude::*;
            /// # #[derive(Model)]
            /// # pub struct Book { pub id: i64, pub reviews: HasMany<Review>, pub tags: ManyToMany<Tag> }
            /// # #[derive(Model)] pub struct Review { pub id: i64, pub book: ForeignKey<Book> }
            /// # #[derive(Model)] pub struct Tag { pub id: i64 }
            /// # let db = Database::in_memory()?;
            /// # db.create_tables(models![Book, Review, Tag])?;
            /// # Book::create().save(&db)?;
            /// # Book::create().save(&db)?;
            /// let books = Book::objects().all(&db)?;
            /// // SELECT .. FROM rarray(?1) .. CROSS JOIN "review" ON "review"."book_id" = ..
            /// // SELECT .. FROM rarray(?1) .. CROSS JOIN "book_tags" .. CROSS JOIN "tag" ON ..
            /// assert_num_queries!(db, 2, {
            ///     for book in &books {
            ///         println!("{} reviews, {} tags", book.reviews.all(&db)?.len(), book.tags.all(&db)?.len());
            ///     }
            /// });
            /// # Ok::<(), eager_orm::Error>(())
            /// ```
            #[track_caller]
            pub fn all(&self, db: &dyn Executor) -> Result<&[T]> {
                let Some(place) = &self.place else { return Err(Error::Unattached { what: $what }) };
                if place.read::<ManyCell<T>>().is_none() {
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
        if place.read::<OneCell<T>>().is_none() {
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub summary: Deferred<String> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # Book::create().summary("long").save(&db)?;
    /// let book = Book::objects().defer(|b| b.summary()).get(&db)?;
    /// // SELECT "book"."id", "book"."summary" FROM "book" WHERE "book"."id" IN (..)
    /// assert_eq!(assert_num_queries!(db, 1, { book.summary.get(&db)? }), "long");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn get(&self, db: &dyn Executor) -> Result<&T> {
        if let Some(value) = self.loaded() {
            return Ok(value);
        }
        let place = self.place.as_ref().ok_or(UNATTACHED)?;
        load_column::<T>(db, Location::caller(), place)?;
        self.loaded().ok_or_else(|| Error::DoesNotExist {
            model: place.group().meta().map_or("row", |meta| meta.name),
            key: place.key().map(|key| format!("key {key}")),
        })
    }
}

const UNATTACHED: Error = Error::Unattached { what: "Deferred" };

/// Runs a load in the way the mode says: for the rows `Some(range)`, or for this row alone; not where it `is_known` by the
/// time it is this thread's turn.
fn in_mode(
    db: &dyn Executor,
    at: &'static Location<'static>,
    place: &Place,
    is_known: &dyn Fn() -> bool,
    mut load: impl FnMut(Run<'_>, Option<Range<usize>>) -> Result<()>,
) -> Result<()> {
    let group = place.group();
    let home = group.home().unwrap_or_else(|| db.database().home(None, at));
    if !db.database().is_home(home) {
        return Err(Error::misuse(format!("`{}` of a row of another database", name_of(place))));
    }
    let mode = db.database().mode_of(home);
    let rows = match mode {
        FetchMode::One => None,
        FetchMode::Peers => Some(peers(place, db.database().peer_cap())),
        FetchMode::Warn => {
            log::warn!("{} was loaded where it was not planned, at {at}", name_of(place));
            Some(peers(place, db.database().peer_cap()))
        }
        FetchMode::Raise => {
            let instead = match place.relation() {
                Some(relation) if !relation.is_to_one() => "name it in `prefetch_related`",
                None if group.meta().is_some() => "name it in `only`, or leave it out of `defer`",
                _ => "name it in `select_related` or `prefetch_related`",
            };
            return Err(Error::FetchBlocked { relation: name_of(place), at, instead });
        }
    };
    // The connection first (and in memory its lock, which a transaction takes), the gate second: whoever holds the gate
    // waits for nobody.
    let need = if db.database().is_in_memory() { Need::Snapshot } else { Need::Read };
    let mut run = |connection: &Connection<'_>| {
        let _gate = group.gate(place.slot());
        if is_known() {
            return Ok(());
        }
        if mode == FetchMode::One || group.watch().is_some_and(|watch| watch.is_alone()) {
            tell(connection.database(), place, home, at);
        }
        let run = Run { connection, at, home, eager: false, in_hand: None };
        match load(run, rows.clone()) {
            // A peer's row cannot be read, and what this one asked for is there; or else it is told what is wrong with its own.
            Err(Error::Decode { .. }) if is_known() => Ok(()),
            Err(Error::Decode { .. }) if rows.as_ref().is_some_and(|rows| rows.len() > 1) => load(run, None),
            loaded => loaded,
        }
    };
    match home.answer {
        0 => db.run(need, at, &mut run),
        answer => on_behalf(db, &[answer], || db.run(need, at, &mut run)),
    }
}

/// Tells the report of something that is loaded for one row.
fn tell(database: &Database, place: &Place, home: Home, touch: &'static Location<'static>) {
    let group = place.group();
    let Some(meta) = group.meta() else { return };
    // Rows that were loaded before the capture began have no watch; the line of their query is known all the same.
    let watch =
        group.watch().cloned().or_else(|| database.watch(meta, home.at).map(|watch| watch.outside(group.len())));
    let Some(watch) = watch else { return };
    let is_to_one = place.relation().is_some_and(RelationMeta::is_to_one);
    database.saw_lazy(&LazyLoad { watch, meta, slot: place.slot(), is_to_one, touch });
}

/// The rows that are loaded with this one: all of the group, or the part of it that the cap cuts.
fn peers(place: &Place, cap: usize) -> Range<usize> {
    let start = place.row() as usize / cap * cap;
    start..place.group().len().min(start.saturating_add(cap))
}

fn name_of(place: &Place) -> String {
    let named = || Some(format!("{}.{}", place.group().meta()?.name, place.slot_name()?));
    named().unwrap_or_else(|| "a foreign key made by hand".to_owned())
}

/// A relation whose column is on the other side.
fn load_relation(
    db: &dyn Executor,
    at: &'static Location<'static>,
    loader: &'static dyn Loader,
    place: &Place,
    what: &'static str,
) -> Result<()> {
    let relation = place.relation().ok_or(Error::Unattached { what })?;
    let row = place.row() as usize;
    let is_known = || match relation.is_to_one() {
        true => loader.has_one(place.group(), place.slot(), place.row()),
        false => loader.has_many(place.group(), place.slot(), place.row()),
    };
    in_mode(db, at, place, &is_known, |run, peers| {
        prefetch::load(run, place.group(), peers.unwrap_or(row..row + 1), relation, loader)
    })
}

/// The row a foreign key points at: with its peers where the group knows their keys, otherwise by its own key.
fn load_key(
    db: &dyn Executor,
    at: &'static Location<'static>,
    loader: &'static dyn Loader,
    key: KeyRef<'_>,
    place: &Place,
) -> Result<()> {
    let row = place.row();
    let is_known = || loader.has_one(place.group(), place.slot(), row);
    in_mode(db, at, place, &is_known, |run, peers| {
        if let Some(relation) = place.relation()
            && let Some(peers) = peers
            && place.group().foreign_key(place.slot(), row as usize) == Some(key)
        {
            prefetch::load(run, place.group(), peers, relation, loader)?;
        }
        match is_known() {
            true => Ok(()),
            false => one_by_key(run, loader, key, place),
        }
    })
}

/// One row by its key, into one place.
fn one_by_key(run: Run<'_>, loader: &'static dyn Loader, key: KeyRef<'_>, place: &Place) -> Result<()> {
    let meta = loader.meta();
    let (compiled, binds) = lower::by_key(meta, key)?;
    let watch = place.group().watch().zip(place.relation()).map(|(watch, relation)| watch.child(relation, By::Batch));
    let group = Group::open(meta, run.home, watch);
    let mut is_there = false;
    run.connection.look_up(&compiled.text, &binds, About { meta, at: run.at }, |row| {
        is_there = true;
        let mut cursor = Cursor::new(row, &compiled.layout, &group, 0);
        let filled = loader.fill_with(&mut cursor, &group, place.cell());
        filled.map_err(|error| decode_error(meta, &compiled.layout, cursor.column(), error))
    })?;
    if !is_there {
        loader.fill_with_none(place.cell());
    }
    Ok(())
}

/// The rows with these keys, in no order.
fn with_keys<'k>(meta: &'static ModelMeta, keys: impl Iterator<Item = KeyRef<'k>>) -> Plan {
    let mut plan = Plan::new(meta);
    plan.order = Some(Vec::new());
    plan.filters.push(Node::key_in(keys.map(|key| key.bind().into_owned())));
    plan
}

/// A deferred column.
fn load_column<T: Value<Out = T> + Send + Sync>(
    db: &dyn Executor,
    at: &'static Location<'static>,
    place: &Place,
) -> Result<()> {
    let meta = place.group().meta().ok_or(UNATTACHED)?;
    let column = meta.columns.iter().find(|column| column.deferred == Some(place.slot())).ok_or(UNATTACHED)?;
    let (group, slot, row) = (place.group(), place.slot(), place.row() as usize);
    let is_known = || place.peek::<ColumnCell<T>>().is_some();
    in_mode(db, at, place, &is_known, |run, peers| {
        let number = |row: usize| u32::try_from(row).unwrap_or(u32::MAX);
        let waiting = |row: &usize| group.peek::<ColumnCell<T>>(slot, number(*row)).is_none();
        let rows: Vec<usize> = peers.unwrap_or(row..row + 1).filter(waiting).collect();
        let key = |row: &usize| group.key(number(*row));
        let mut plan = with_keys(meta, rows.iter().filter_map(key));
        plan.more.select = Some(vec![Node::own_key(), Node::leaf(NodeKind::Column(Path::default(), column))]);
        let sql = sql::compile(&lower::select(&plan)?.statement);
        // A row may be there more than once: each gets the value.
        let mut numbers = KeyMap::default();
        let mut rows_of: Vec<Vec<u32>> = Vec::new();
        for row in &rows {
            let Some(key) = key(row) else { continue };
            let (place, is_new) = numbers.number(key, number(rows_of.len()));
            if is_new {
                rows_of.push(Vec::new());
            }
            if let Some(rows) = rows_of.get_mut(place as usize) {
                rows.push(number(*row));
            }
        }
        // Peers are not refused for what cannot be read of others.
        let mut refused = HashSet::new();
        let mut refusal = Ok(());
        run.connection.batch(&sql, About { meta, at }, |row| {
            let key = row.datum(0).and_then(KeyRef::read).ok().flatten();
            let rows = key.and_then(|key| numbers.get(key)).and_then(|number| rows_of.get(number as usize));
            for number in rows.into_iter().flatten() {
                match Cursor::of_values(row, 1).value::<T>() {
                    Ok(value) => Cell { group, slot, row: *number }.fill::<ColumnCell<T>>(Some(value)),
                    Err(mismatch) => {
                        refused.insert(*number);
                        refusal = Err(Error::Decode {
                            model: meta.name,
                            field: column.name.to_owned(),
                            column: column.column.to_owned(),
                            expected: column.rust_type,
                            found: mismatch.0.into_owned(),
                        });
                    }
                }
            }
            Ok(())
        })?;
        // What was not found is gone, and is not looked for again.
        for row in rows.iter().map(|row| number(*row)).filter(|row| !refused.contains(row)) {
            Cell { group, slot, row }.fill::<ColumnCell<T>>(None);
        }
        refusal
    })
}
