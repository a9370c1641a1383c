//! Raw statements: text of the user's own, whose rows become values, projections or models.
//!
//! Comes in: the text, which is the only SQL not made by `sql`, and values, which are bound and never become text. Goes
//! out: rows. What the text may be (one statement, with as many binds as it asks for) is checked by `db` before it runs.

mod binds;
mod model;
mod row;
mod shape;

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

pub use binds::{Binds, ToBind};
pub use model::RawQuerySet;
pub use row::{RawRow, RowShape};
pub use shape::{Beside, RawShape};

use crate::db::{About, Executor, Need, RawReader, Row, run_raw};
use crate::error::{Error, Result};
use crate::group::{At, Cursor};
use crate::meta::ModelMeta;
use crate::sql::Sql;

/// A statement of one's own whose rows become `T`: a value, an `Option`, a tuple of up to 12 of them, or a projection,
/// whose fields are matched by name (those of a nested one as `author__name`).
///
/// A statement that reads runs on a connection that reads, one that writes on the one that writes. For the rows of a
/// model there is `Model::raw`.
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
/// let books = raw::<(String, i32)>("SELECT title, pages FROM book WHERE pages > ?1", (300,)).all(&db)?;
/// assert_eq!(books, [("Dune".to_owned(), 412)]);
/// let changed = raw("UPDATE book SET pages = pages + ?1", (1,)).execute(&db)?;
/// assert_eq!(changed, 1);
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub fn raw<T: RawRow>(sql: impl Into<String>, binds: impl Binds) -> RawQuery<T> {
    RawQuery { sql: Sql { text: sql.into().into(), binds: binds.binds() }, types: PhantomData }
}

/// A statement of one's own, not yet run. Made by [`raw`].
#[must_use = "a raw query does nothing until `all`, `first`, `get` or `execute` runs it"]
pub struct RawQuery<T> {
    sql: Sql,
    types: PhantomData<fn() -> T>,
}

impl<T> Clone for RawQuery<T> {
    fn clone(&self) -> Self {
        RawQuery { sql: self.sql.clone(), types: PhantomData }
    }
}

impl<T> fmt::Debug for RawQuery<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawQuery({})", self.sql.text)
    }
}

impl<T: RawRow> RawQuery<T> {
    /// All rows. A statement that writes and returns rows (`RETURNING`) takes effect as a whole or not at all.
    ///
    /// # Errors
    ///
    /// Before anything runs: [`Error::SeveralStatements`], [`Error::BindCount`], [`Error::ColumnCount`] or
    /// [`Error::NotSelected`] where the columns are not those of `T`, [`Error::ReadOnly`] for a write in a snapshot, and
    /// what SQLite has to say of the text. [`Error::Decode`] where a value is of another type.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let ids = raw::<i64>("INSERT INTO tag (name) VALUES (?1), (?2) RETURNING id", ("sf", "crime")).all(&db)?;
    /// assert_eq!(ids, [1, 2]);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn all(&self, db: &dyn Executor) -> Result<Vec<T>> {
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
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// assert_eq!(raw::<String>("SELECT name FROM tag ORDER BY name", ()).first(&db)?, None);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn first(&self, db: &dyn Executor) -> Result<Option<T>> {
        Ok(self.rows(db, Location::caller(), 1)?.pop())
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
    /// # let db = Database::in_memory()?;
    /// let version = raw::<String>("SELECT sqlite_version()", ()).get(&db)?;
    /// assert!(version.starts_with("3."));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn get(&self, db: &dyn Executor) -> Result<T> {
        let rows = self.rows(db, Location::caller(), 2)?;
        only(rows, T::shape().name)
    }

    fn rows(&self, db: &dyn Executor, at: &'static Location<'static>, most: usize) -> Result<Vec<T>> {
        let shape = T::shape();
        let mut rows = Vec::new();
        run_raw(db, at, (&self.sql, of_no_model(at)), (Need::Read, Need::WriteAll), &mut |_, statement| {
            let mut reader = Reader { shape: &shape, found: Vec::new(), order: Vec::new(), rows: Vec::new(), most };
            statement.query(&mut reader)?;
            rows = reader.rows;
            Ok(())
        })?;
        Ok(rows)
    }
}

/// Reads rows that are no models.
struct Reader<'s, T> {
    shape: &'s RowShape,
    found: Vec<(usize, String)>,
    order: Vec<At>,
    rows: Vec<T>,
    most: usize,
}

impl<T: RawRow> RawReader for Reader<'_, T> {
    fn columns(&mut self, names: Vec<String>) -> Result<()> {
        self.found = numbered(names);
        self.order = self.shape.order(&self.found)?;
        Ok(())
    }
    fn row(&mut self, row: Row<'_>) -> Result<bool> {
        let mut cursor = Cursor::of_values(row, 0).in_order(&self.order);
        match T::read(&mut cursor) {
            Ok(value) => self.rows.push(value),
            Err(mismatch) => return Err(self.shape.error(&self.order, &self.found, cursor.column(), mismatch)),
        }
        Ok(self.rows.len() < self.most)
    }
}

impl RawQuery<()> {
    /// Runs a statement that returns no rows; says how many rows it inserted, updated or deleted (not counting what
    /// foreign keys and triggers do besides).
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] where it returns rows; the constraints of the tables as typed errors; otherwise as for
    /// [`all`](Self::all). Nothing is changed then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # let db = Database::in_memory()?;
    /// assert_eq!(raw("CREATE TABLE old (a INTEGER)", ()).execute(&db)?, 0);
    /// let changed = db.transaction(|tx| raw("INSERT INTO old VALUES (?1), (?2)", [1_i64, 2]).execute(tx))?;
    /// assert_eq!(changed, 2);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn execute(&self, db: &dyn Executor) -> Result<u64> {
        let at = Location::caller();
        let mut changed = 0;
        run_raw(db, at, (&self.sql, of_no_model(at)), (Need::Read, Need::Write), &mut |_, statement| {
            changed = statement.execute()?;
            Ok(())
        })?;
        Ok(changed)
    }
}

/// What a statement is about that is about no model.
fn of_no_model(at: &'static Location<'static>) -> About {
    static ROW: ModelMeta = ModelMeta {
        name: "row",
        table: "",
        columns: &[],
        key: 0,
        keys: &[0],
        auto_key: false,
        slots: 0,
        slot_names: &[],
        relations: &[],
        ordering: &[],
        indexes: &[],
        checks: &[],
        defaults: |_, _| None,
        ask: None,
    };
    About { meta: &ROW, at }
}

fn numbered(names: Vec<String>) -> Vec<(usize, String)> {
    names.into_iter().enumerate().collect()
}

/// The only one of at most two.
fn only<T>(mut rows: Vec<T>, model: &'static str) -> Result<T> {
    let row = rows.pop().ok_or(Error::DoesNotExist { model, key: None })?;
    if rows.is_empty() { Ok(row) } else { Err(Error::MultipleObjectsReturned { model }) }
}
