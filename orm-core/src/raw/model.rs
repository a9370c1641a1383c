//! Models from a raw statement: rows like any others, in one group, with everything that can be loaded for them.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

use super::shape::{Beside, RawShape, Reader};
use super::{Binds, RawRow, only};
use crate::db::{About, Connection, Executor, FetchMode, Home, Need, Watch, run_raw};
use crate::error::Result;
use crate::group::{Group, Instance};
use crate::lookup::PrefetchSet;
use crate::model::{Fields, Model, root};
use crate::plan::PrefetchNode;
use crate::prefetch::{Prefetch, Run, tell_columns};
use crate::queryset::Rows;
use crate::sql::Sql;

/// A statement of one's own whose rows are rows of `M`, not yet run. Made by `M::raw`.
///
/// Columns are matched by their names, in any order; of equal names the first counts. The key has to be there and every
/// plain column; a `Deferred` one that is not stays unloaded. Columns that are no field are left out, or come beside the
/// model: [`annotate`](Self::annotate).
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Genre { pub id: i64, pub name: String, pub tracks: HasMany<Track> }
/// # #[derive(Model)]
/// # pub struct Track { pub id: i64, pub genre: ForeignKey<Genre> }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Genre, Track])?;
/// # let rock = Genre::create().name("Rock").save(&db)?;
/// # Genre::create().name("Jazz").save(&db)?;
/// # Track::create().genre(&rock).save(&db)?;
/// let genres = Genre::raw("SELECT name, id FROM genre WHERE name < ?1 ORDER BY name", ("S",)).all(&db)?;
/// assert_eq!(genres[0].name, "Jazz");
/// // The tracks of all of them:
/// // SELECT .. FROM rarray(?1) AS "track__keys" CROSS JOIN "track" ON "track"."genre_id" = "track__keys"."value"
/// let tracks = assert_num_queries!(db, 1, {
///     genres.iter().map(|genre| Ok(genre.tracks.all(&db)?.len())).collect::<Result<Vec<_>, eager_orm::Error>>()?
/// });
/// assert_eq!(tracks, [0, 1]);
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[must_use = "a raw queryset does nothing until `all`, `first` or `get` runs it"]
pub struct RawQuerySet<M: Model, V = Rows> {
    sql: Sql,
    prefetches: Vec<PrefetchNode>,
    mode: Option<FetchMode>,
    types: PhantomData<fn() -> (M, V)>,
}

impl<M: Model, V> Clone for RawQuerySet<M, V> {
    fn clone(&self) -> Self {
        let RawQuerySet { sql, prefetches, mode, .. } = self;
        RawQuerySet { sql: sql.clone(), prefetches: prefetches.clone(), mode: *mode, types: PhantomData }
    }
}

impl<M: Model, V> fmt::Debug for RawQuerySet<M, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawQuerySet({})", self.sql.text)
    }
}

impl<M: Model> RawQuerySet<M> {
    pub(crate) fn new(sql: String, binds: impl Binds) -> Self {
        let sql = Sql { text: sql.into(), binds: binds.binds() };
        RawQuerySet { sql, prefetches: Vec::new(), mode: None, types: PhantomData }
    }

    /// The columns that are no field of the model beside each row, in their order: a value, a tuple, or (by name) a
    /// projection.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Genre { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Genre])?;
    /// # Genre::create().name("Rock").save(&db)?;
    /// let genres = Genre::raw("SELECT *, length(name) AS letters FROM genre", ()).annotate::<i64>().all(&db)?;
    /// let (rock, letters) = &genres[0];
    /// assert_eq!((rock.name.as_str(), *letters), ("Rock", 4));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn annotate<V: RawRow>(self) -> RawQuerySet<M, Beside<V>> {
        RawQuerySet { sql: self.sql, prefetches: self.prefetches, mode: self.mode, types: PhantomData }
    }
}

impl<M: Model, V> RawQuerySet<M, V> {
    /// Loads relations of the rows too, each by a statement of its own: `QuerySet::prefetch_related`.
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
    /// # Author::create().save(&db)?;
    /// // .. and: SELECT .. FROM rarray(?1) AS "book__keys" CROSS JOIN "book" ON "book"."author_id" = "book__keys"."value"
    /// let authors = Author::raw("SELECT * FROM author", ()).prefetch_related(|a| a.books()).all(&db)?;
    /// assert!(authors[0].books.loaded().is_some());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn prefetch_related<P: PrefetchSet<M>>(mut self, f: impl FnOnce(Fields<M>) -> P) -> Self {
        f(root::<M>()).prefetches(&mut self.prefetches);
        self
    }

    /// What happens when a relation of its rows is read that was not loaded: `QuerySet::fetch_mode`.
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
    /// # Author::create().save(&db)?;
    /// let authors = Author::raw("SELECT * FROM author", ()).fetch_mode(FetchMode::Raise).all(&db)?;
    /// assert!(authors[0].books.all(&db).is_err());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn fetch_mode(mut self, mode: FetchMode) -> Self {
        self.mode = Some(mode);
        self
    }
}

impl<M: Model, V: RawShape<M>> RawQuerySet<M, V> {
    /// All rows, with everything that was asked to come with them.
    ///
    /// # Errors
    ///
    /// [`NotSelected`](crate::Error::NotSelected) where the statement leaves out a plain column of the model,
    /// [`ColumnCount`](crate::Error::ColumnCount) where the columns beside it are not those of
    /// [`annotate`](Self::annotate), [`Decode`](crate::Error::Decode) where a value is not what its field promises;
    /// otherwise as for [`RawQuery::all`](super::RawQuery::all).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # use eager_orm::Error;
    /// # #[derive(Model, Debug)]
    /// # pub struct Genre { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Genre])?;
    /// let error = Genre::raw("SELECT id FROM genre", ()).all(&db).unwrap_err();
    /// assert!(matches!(error, Error::NotSelected { model: "Genre", .. }));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn all(&self, db: &dyn Executor) -> Result<Vec<V::Out>> {
        self.rows(db, Location::caller(), usize::MAX)
    }

    /// The first row; the others of a statement that reads are not asked for.
    ///
    /// # Errors
    ///
    /// As for [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # pub struct Genre { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Genre])?;
    /// assert!(Genre::raw("SELECT * FROM genre ORDER BY name", ()).first(&db)?.is_none());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn first(&self, db: &dyn Executor) -> Result<Option<V::Out>> {
        Ok(self.rows(db, Location::caller(), 1)?.pop())
    }

    /// The only row.
    ///
    /// # Errors
    ///
    /// [`DoesNotExist`](crate::Error::DoesNotExist) for none,
    /// [`MultipleObjectsReturned`](crate::Error::MultipleObjectsReturned) for more than one; otherwise as for
    /// [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # pub struct Genre { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Genre])?;
    /// let genre = Genre::raw("SELECT * FROM genre WHERE id = ?1", (7,)).get(&db);
    /// assert!(genre.unwrap_err().is_does_not_exist());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn get(&self, db: &dyn Executor) -> Result<V::Out> {
        only(self.rows(db, Location::caller(), 2)?, M::META.name)
    }

    fn rows(&self, db: &dyn Executor, at: &'static Location<'static>, most: usize) -> Result<Vec<V::Out>> {
        let prefetch = Prefetch::new(&self.prefetches, &[])?;
        let reads = if prefetch.is_empty() { Need::Read } else { Need::Snapshot };
        let home = db.database().home(self.mode, at);
        let mut rows = Vec::new();
        let about = About { meta: M::META, at };
        run_raw(db, at, (&self.sql, about), (reads, Need::WriteAll), &mut |connection, statement| {
            let group = Group::open(M::META, home, connection.database().watch(M::META, at).map(Watch::raw));
            let mut reader = Reader::<M, V>::new(&group, most);
            statement.query(&mut reader)?;
            let layout;
            (rows, layout) = reader.finish();
            tell_columns(connection.database(), &group, &[], &layout);
            load::<M, V>(connection, &prefetch, &rows, (at, home))
        })?;
        Ok(rows)
    }
}

/// Loads what was asked for besides.
fn load<M: Model, V: RawShape<M>>(
    connection: &Connection<'_>,
    prefetch: &Prefetch,
    rows: &[V::Out],
    (at, home): (&'static Location<'static>, Home),
) -> Result<()> {
    if prefetch.is_empty() {
        return Ok(());
    }
    let instances: Vec<&dyn Instance> = rows.iter().map(|row| V::model(row) as &dyn Instance).collect();
    prefetch.run(Run { connection, at, home, eager: true, in_hand: None }, &instances, &[])
}
