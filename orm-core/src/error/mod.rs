//! Everything that can go wrong, one variant per thing a caller can act on.
//!
//! Comes in: a failure of SQLite (translated by `sqlite.rs`), of a decode, or of the caller's own making. Goes out:
//! [`Error`], whose fields name the model, the field and, where there is one, the statement.
//! This room knows no other room.

mod invalid;
mod sqlite;
mod text;

pub use invalid::{Failure, IntoFailures, Reason};
pub(crate) use sqlite::{Context, OURS, translate};
#[cfg(feature = "testing")]
use text::fixture_place;
use text::{foreign_key_text, listed, unique_text};

/// A result whose error is [`Error`] unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong when models are stored, loaded and queried.
///
/// A failed statement leaves nothing behind: whatever it wrote before it failed is rolled back.
///
/// # Examples
///
/// ```
/// use eager_orm::{Error, prelude::*};
///
/// #[derive(Model, Debug)]
/// pub struct Tag {
///     pub id: i64,
///     #[field(unique)]
///     pub name: String,
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![Tag])?;
/// Tag::create().name("sf").save(&db)?; // INSERT INTO "tag" ("id", "name") VALUES (NULL, 'sf')
/// let error = Tag::create().name("sf").save(&db).unwrap_err();
/// assert!(matches!(&error, Error::Unique { model: "Tag", fields } if *fields == ["name"]));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No row matches where exactly one was asked for.
    #[error("no `{model}` matches{}", key.as_ref().map(|key| format!(": {key}")).unwrap_or_default())]
    DoesNotExist {
        /// The model that was asked for.
        model: &'static str,
        /// The key or relation that led there, where there is one.
        key: Option<String>,
    },
    /// A page was asked for that there is not.
    #[error("`{model}` has no page {page}: there are {pages}")]
    EmptyPage {
        /// The model.
        model: &'static str,
        /// Which page, counted from 1.
        page: u64,
        /// How many pages there are.
        pages: u64,
    },
    /// More than one row matches where exactly one was asked for.
    #[error("more than one `{model}` matches where one was asked for")]
    MultipleObjectsReturned {
        /// The model that was asked for.
        model: &'static str,
    },
    /// `save` found no row to update: it was deleted since it was loaded.
    #[error("`{model}` {key} was not updated: there is no such row any more")]
    NotUpdated {
        /// The model that was saved.
        model: &'static str,
        /// Its key.
        key: String,
    },
    /// A UNIQUE constraint or a primary key refused the row: one that was written, or that a cascade would have changed.
    #[error("another `{model}` has the same {}", unique_text(fields))]
    Unique {
        /// The model whose constraint it is.
        model: &'static str,
        /// The fields that have to be unique together, all of them; of an index over expressions, its name, as SQLite says
        /// it: `index 'book_lower_title'`.
        fields: Vec<String>,
    },
    /// A foreign key refused the statement: it points at no row, or a row is still pointed at.
    #[error("`{model}`: {}", foreign_key_text(*relation, key.as_deref()))]
    ForeignKey {
        /// The model that was written.
        model: &'static str,
        /// The foreign key at fault (the many-to-many relation, of a table between without a model), where it could be told:
        /// not where the check waits for the end of the transaction.
        relation: Option<&'static str>,
        /// The key that points at nothing.
        key: Option<String>,
    },
    /// A NOT NULL column was given no value.
    #[error("`{model}.{field}` cannot be NULL")]
    NotNull {
        /// The model that was written.
        model: &'static str,
        /// The field that has no value.
        field: String,
    },
    /// A CHECK constraint refused the row.
    #[error("`{model}` breaks the check `{name}`")]
    Check {
        /// The model that was written.
        model: &'static str,
        /// The name of the check, or its text where it has no name.
        name: String,
    },
    /// A value of a row is not what the field's type promises.
    #[error("`{model}.{field}` is a `{expected}`, and the row has {found} in column \"{column}\"")]
    Decode {
        /// The model, or the kind of row, that was read.
        model: &'static str,
        /// The field.
        field: String,
        /// The column it is read from.
        column: String,
        /// The field's type.
        expected: &'static str,
        /// What the row has instead.
        found: String,
    },
    /// The statement of a [`raw`](fn@crate::raw) query has no column of this name, and the field cannot be without.
    #[error("`{model}.{field}` is read from a column \"{column}\", and the statement has {}", listed(found))]
    NotSelected {
        /// The model, or the projection, that was to be read.
        model: &'static str,
        /// The field.
        field: String,
        /// The column that is missing.
        column: String,
        /// The columns there are.
        found: Vec<String>,
    },
    /// The statement of a [`raw`](fn@crate::raw) query has not as many columns as its row has values.
    #[error("a row of {expected} values was asked for, and the statement has {}", listed(found))]
    ColumnCount {
        /// How many were asked for.
        expected: usize,
        /// The columns there are (for an annotated model, those that are no field of it).
        found: Vec<String>,
    },
    /// A raw statement was given more or fewer binds than it has places for them. Nothing has run.
    #[error("the statement has {expected} places for binds, and {given} were given: {sql}")]
    BindCount {
        /// How many it has.
        expected: usize,
        /// How many were given.
        given: usize,
        /// The statement.
        sql: String,
    },
    /// The text of a raw statement is more than one statement. Nothing has run.
    #[error("a raw query is one statement, and this text is several: {sql}")]
    SeveralStatements {
        /// The text.
        sql: String,
    },
    /// A value that SQLite has no room for: not a number, or a date outside of the years 0 to 9999.
    #[error("`{model}.{field}`: this value cannot be stored: {reason}")]
    NotStorable {
        /// The model that was written or queried.
        model: &'static str,
        /// The field, or `?` with the number of the bind in a query.
        field: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A row, or rows of a bulk, are not what the rules of the model ask for. It is found before a statement runs, and
    /// says everything that is wrong.
    #[error("`{model}` is not valid: {}", invalid::listed(failures))]
    Invalid {
        /// The model that was written.
        model: &'static str,
        /// Everything that is wrong, in the order of the rows and of their fields.
        failures: Vec<Failure>,
    },
    /// A row has been saved by somebody else since it was read: its version is another one.
    #[error("`{model}` {key} was not written: it has been saved since it was read")]
    Stale {
        /// The model that was written.
        model: &'static str,
        /// Its key.
        key: String,
    },
    /// A hook refused the write.
    #[error("{reason}")]
    Refused {
        /// What the hook says: the source of this error.
        reason: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A row cannot be deleted: others point at it by a foreign key that protects it.
    #[error("`{model}` cannot be deleted: it is still pointed at by {}", by.join(", "))]
    Protected {
        /// The model that was to be deleted.
        model: &'static str,
        /// The foreign keys that hold it, as `Review.book`; one that no model is known for, as `review.book_id`, by its
        /// table and column.
        by: Vec<String>,
    },
    /// A row cannot be deleted: others point at it by a foreign key with `on_delete = Restrict`, and would stay.
    #[error("`{model}` cannot be deleted: it is still pointed at by {}, of rows that would stay", by.join(", "))]
    Restricted {
        /// The model that was to be deleted.
        model: &'static str,
        /// The foreign keys that hold it, as `Review.book`.
        by: Vec<String>,
    },
    /// One row of many was refused; none was written.
    #[error("row {row}: {error}")]
    Row {
        /// Which one, counted from 0.
        row: usize,
        /// What was wrong with it.
        #[source]
        error: Box<Error>,
    },
    /// An unplanned load was refused by the fetch mode.
    #[error("loading `{relation}` is blocked at {at}: {instead}")]
    FetchBlocked {
        /// The model and its relation, or deferred column.
        relation: String,
        /// The line that asked for it.
        at: &'static std::panic::Location<'static>,
        /// How it is loaded with its row.
        instead: &'static str,
    },
    /// A slot was read that no prefetch has filled. (Filled with nothing would be an empty slice.)
    #[error("the slot `{slot}` was not filled: no `prefetch_related(..)` ended with `.to(|x| x.{slot}())`")]
    SlotNotFilled {
        /// The name of the slot.
        slot: &'static str,
    },
    /// A relation was read on a value that never came from a database.
    #[error("this {what} belongs to no loaded row, so there is nothing to load it from")]
    Unattached {
        /// What was read.
        what: &'static str,
    },
    /// The database could not be opened.
    #[error("cannot open the database {path}: {reason}")]
    Open {
        /// The path, as it was given.
        path: String,
        /// What SQLite or the system says.
        reason: String,
    },
    /// The file is no SQLite database.
    #[error("{path} is not a SQLite database")]
    NotADatabase {
        /// The path, or the statement that found out.
        path: String,
    },
    /// The table of a model is not there.
    #[error(
        "`{model}` has no table \"{table}\" in this database: run `db.create_tables(models![{model}])`, or name the table with `#[model(table = \"..\")]`"
    )]
    NoSuchTable {
        /// The model.
        model: &'static str,
        /// The missing table.
        table: String,
    },
    /// The column of a field is not there.
    #[error("`{model}.{field}` needs a column \"{column}\" that its table does not have: {sql}")]
    NoSuchColumn {
        /// The model.
        model: &'static str,
        /// The field.
        field: String,
        /// The missing column.
        column: String,
        /// The statement.
        sql: String,
    },
    /// The database stayed locked by somebody else for the whole [`busy_timeout`](crate::DatabaseBuilder::busy_timeout).
    #[error("the database is locked by another connection")]
    Busy,
    /// The statement was interrupted. A transaction that it wrote in is rolled back.
    #[error("the statement was interrupted")]
    Interrupted,
    /// SQLite rolled the transaction back by itself, because the disk is full or a trigger said so: nothing of it took
    /// effect, and nothing more can.
    #[error("the transaction was rolled back by SQLite after an error inside of it: nothing of it took effect")]
    RolledBack,
    /// No connection became free in time.
    #[error("no free connection within {seconds} s: every one is held by a `read`, an `iter` or a transaction")]
    PoolTimeout {
        /// How long it waited.
        seconds: u64,
    },
    /// The database handle was closed.
    #[error("the database is closed")]
    Closed,
    /// A write was tried on something that only reads.
    #[error("cannot write here: {what} is read-only")]
    ReadOnly {
        /// What refused: a snapshot, or the database.
        what: &'static str,
    },
    /// The disk, or the limit on the database's size, is reached.
    #[error("the database or its disk is full")]
    Full,
    /// The file is damaged.
    #[error("the database file is damaged: {message}")]
    Corrupt {
        /// What SQLite says.
        message: String,
    },
    /// The file was deleted or moved, or another is in its place. This handle knows the one it has opened: what that one
    /// holds is safe, and nothing is written to it any more. Put it back, or open the database anew.
    #[error("{path} is no longer the file that was opened: it was deleted, moved or replaced")]
    Replaced {
        /// The path.
        path: String,
    },
    /// The system could not read or write the file, or one of those beside it.
    #[error("the database could not be read or written: {message}")]
    Io {
        /// What SQLite or the system says.
        message: String,
    },
    /// A result that cannot be remembered, for it is not a matter of the tables it is read from.
    #[error("this cannot be cached: {reason}")]
    NotCacheable {
        /// Why.
        reason: &'static str,
    },
    /// The database handle was used where this thread already holds the lock it needs: it would wait for itself.
    #[error("this thread {holds}: use that, not the database handle")]
    Nested {
        /// What it holds.
        holds: &'static str,
    },
    /// Two prefetches of one relation ask for different things.
    #[error("`{relation}` is prefetched twice with different queries: {what}")]
    PrefetchConflict {
        /// The relation.
        relation: String,
        /// What differs.
        what: &'static str,
    },
    /// A query asks for something that has no meaning.
    #[error("{what}")]
    Misuse {
        /// What was asked for, and what to write instead.
        what: String,
    },
    /// A fixture cannot be loaded. Nothing has been inserted.
    #[cfg(feature = "testing")]
    #[error("fixture: {}{what}", fixture_place(model, *row, field.as_deref()))]
    Fixture {
        /// The model, or the table between two; empty where the whole is no fixture.
        model: String,
        /// Which of its rows in the fixture, counted from 1.
        row: Option<usize>,
        /// The field.
        field: Option<String>,
        /// What is wrong.
        what: String,
        /// The error of the write, where there is one.
        source: Option<Box<Error>>,
    },
    /// A row that was to be made for a test cannot be. Nothing has been inserted.
    #[cfg(feature = "testing")]
    #[error("`{model}.{field}` cannot be baked: {what}")]
    Bake {
        /// The model.
        model: &'static str,
        /// The field, or the fields that are unique together.
        field: String,
        /// What is wrong, and what to do about it.
        what: String,
    },
    /// Anything else SQLite has to say.
    #[error("{message}{}", sql.as_ref().map(|sql| format!(" in: {sql}")).unwrap_or_default())]
    Database {
        /// SQLite's message.
        message: String,
        /// The statement, where there is one.
        sql: Option<String>,
        /// The driver's own error.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl Error {
    /// Whether this is [`Error::DoesNotExist`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// // SELECT "tag"."id" FROM "tag" WHERE "tag"."id" = ..
    /// assert!(Tag::objects().find(&db, 7).unwrap_err().is_does_not_exist());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn is_does_not_exist(&self) -> bool {
        matches!(self, Error::DoesNotExist { .. })
    }

    /// Whether a constraint of the database refused the statement: unique, foreign key (of the row, or of one that
    /// protects it), not null or check.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # pub struct Author { pub id: i64 }
    /// # #[derive(Model, Debug)]
    /// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// // INSERT INTO "book" .., and there is no author 7
    /// assert!(Book::create().author(7).save(&db).unwrap_err().is_constraint());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn is_constraint(&self) -> bool {
        if let Error::Row { error, .. } = self {
            return error.is_constraint();
        }
        matches!(
            self,
            Error::Unique { .. }
                | Error::ForeignKey { .. }
                | Error::Protected { .. }
                | Error::Restricted { .. }
                | Error::NotNull { .. }
                | Error::Check { .. }
        )
    }

    /// Whether trying again later may help: locked, or no connection free.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let tag = loop {
    ///     match Tag::create().save(&db) {
    ///         Err(error) if error.is_busy() => continue, // somebody else writes: try again
    ///         other => break other?,
    ///     }
    /// };
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn is_busy(&self) -> bool {
        matches!(self, Error::Busy | Error::PoolTimeout { .. })
    }

    /// The error of a hook that refuses a write: a text, or an error of the program's own.
    ///
    /// # Examples
    ///
    /// ```
    /// use eager_orm::Error;
    ///
    /// let error = Error::refused("the home page stays");
    /// assert_eq!(error.to_string(), "the home page stays");
    /// ```
    pub fn refused(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Error::Refused { reason: reason.into() }
    }

    pub(crate) fn misuse(what: impl Into<String>) -> Self {
        Error::Misuse { what: what.into() }
    }
}
