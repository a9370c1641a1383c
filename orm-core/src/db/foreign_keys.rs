//! What the tables of a database say of their foreign keys and of the indexes that lead along them, whoever made them.
//!
//! A delete asks whether the tables do by themselves what the models say, which is one statement then. The answer holds as
//! long as the schema does: it is kept with SQLite's own number of the schema, and forgotten with whatever is rolled back,
//! for after that the number may come again.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use super::explain::{TableIndex, indexes};
use super::failure::untold;
use super::{Connection, Database};
use crate::error::Result;
use crate::meta::ModelMeta;
use crate::sql;

/// The tables that are there.
#[derive(Default)]
pub(crate) struct Declared {
    /// Their names.
    tables: Vec<String>,
    pub(crate) keys: Vec<DeclaredKey>,
    /// Whether a statement that fails may leave what it had done until then: a table or a trigger speaks of `FAIL`.
    pub(crate) fails_midway: bool,
}

/// A foreign key as its table declares it.
pub(crate) struct DeclaredKey {
    pub(crate) table: String,
    pub(crate) column: String,
    /// The table it points at, and the column where there is one.
    pub(crate) parent: String,
    pub(crate) to: Option<String>,
    /// Its other columns, with those they point at.
    pub(crate) others: Vec<(String, String)>,
    /// `CASCADE`, `NO ACTION` ..
    pub(crate) on_delete: String,
    /// Whether SQLite tells of single rows of its table: not of one without rowids.
    pub(crate) is_told: bool,
}

/// Whether a delete can be left to the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Native {
    No,
    Yes,
    /// It goes along rows that point at rows of the same models, which SQLite follows to a depth of 1,000.
    InChains,
    /// The tables say themselves that a statement which fails leaves what it had done.
    InPart,
}

impl DeclaredKey {
    /// Its columns, with those they point at; none where it points at nothing that is there.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&str, &str)> {
        let first = self.to.iter().map(|to| (self.column.as_str(), to.as_str()));
        first.chain(self.others.iter().map(|(column, to)| (column.as_str(), to.as_str())))
    }

    /// Whether it refuses a delete of what it points at.
    pub(crate) fn holds(&self) -> bool {
        matches!(self.on_delete.as_str(), "NO ACTION" | "RESTRICT")
    }

    /// What it is called where no model has it: `page.book_id`, `line.(book, number)`.
    pub(crate) fn name(&self) -> String {
        if self.others.is_empty() {
            return format!("{}.{}", self.table, self.column);
        }
        let columns: Vec<&str> = self.columns().map(|(column, _)| column).collect();
        format!("{}.({})", self.table, columns.join(", "))
    }
}

impl Declared {
    /// SQLite compares names without case.
    pub(crate) fn has_table(&self, name: &str) -> bool {
        self.tables.iter().any(|table| table.eq_ignore_ascii_case(name))
    }
}

/// What is known of a schema: its number, its tables, which models' deletes can be left to them, and which columns an
/// index begins with.
#[derive(Default)]
pub(super) struct Cascades {
    version: i64,
    declared: Option<Arc<Declared>>,
    native: HashMap<usize, Native>,
    indexed: HashMap<(&'static str, &'static str), bool>,
    collates: Option<bool>,
}

impl Connection<'_> {
    /// Hands out what has a name in the schema, each with its table.
    pub(crate) fn schema_names(&self, mut each: impl FnMut(String, String)) -> Result<()> {
        let mut statement = self.raw().prepare_cached(sql::SCHEMA_NAMES).map_err(untold)?;
        let mut rows = statement.query([]).map_err(untold)?;
        while let Some(row) = rows.next().map_err(untold)? {
            each(row.get(0).map_err(untold)?, row.get(1).map_err(untold)?);
        }
        Ok(())
    }

    /// The tables that are there, with their foreign keys.
    pub(crate) fn declared(&self) -> Result<Arc<Declared>> {
        let version = self.schema_version()?;
        self.declared_at(version)
    }

    /// Whether a statement that fails may leave what it had done until then, by what the tables say.
    pub(crate) fn fails_midway(&self) -> Result<bool> {
        Ok(self.declared()?.fails_midway)
    }

    /// Whether an index begins with this column.
    pub(crate) fn has_index(&self, table: &'static str, column: &'static str) -> Result<bool> {
        let begins = |index: &TableIndex| index.columns.first().is_some_and(|first| first.eq_ignore_ascii_case(column));
        self.once(
            self.schema_version()?,
            |known| known.indexed.get(&(table, column)).copied(),
            |known, indexed| {
                known.indexed.insert((table, column), indexed);
            },
            || Ok(indexes(self.raw(), table).iter().any(begins)),
        )
    }

    /// Whether texts may be compared otherwise than byte by byte, by what the tables say.
    pub(crate) fn has_collations(&self) -> Result<bool> {
        self.once(
            self.schema_version()?,
            |known| known.collates,
            |known, collates| known.collates = Some(collates),
            || self.raw().query_row(sql::COLLATES, [], |row| row.get(0)).map_err(untold),
        )
    }

    /// What is asked of the schema once, as long as it stays what it is: at this version of it.
    fn once<T: Clone>(
        &self,
        version: i64,
        known: impl FnOnce(&Cascades) -> Option<T>,
        keep: impl FnOnce(&mut Cascades, T),
        ask: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let cascades = &self.database().inner.cascades;
        {
            let cascades = cascades.lock().unwrap_or_else(PoisonError::into_inner);
            if let (true, Some(known)) = (cascades.version == version, known(&cascades)) {
                return Ok(known);
            }
        }
        let answer = ask()?;
        let mut cascades = cascades.lock().unwrap_or_else(PoisonError::into_inner);
        if cascades.version != version {
            *cascades = Cascades { version, ..Cascades::default() };
        }
        keep(&mut cascades, answer.clone());
        Ok(answer)
    }

    fn schema_version(&self) -> Result<i64> {
        let mut version = self.raw().prepare_cached("PRAGMA schema_version").map_err(untold)?;
        version.query_row([], |row| row.get(0)).map_err(untold)
    }

    fn declared_at(&self, version: i64) -> Result<Arc<Declared>> {
        self.once(
            version,
            |known| known.declared.clone(),
            |known, declared| known.declared = Some(declared),
            || self.read_declared().map(Arc::new),
        )
    }

    fn read_declared(&self) -> Result<Declared> {
        let mut declared = Declared::default();
        let mut statement = self.raw().prepare_cached(sql::DECLARED_KEYS).map_err(untold)?;
        let mut rows = statement.query([]).map_err(untold)?;
        while let Some(row) = rows.next().map_err(untold)? {
            let table: String = row.get(0).map_err(untold)?;
            if let Some(column) = row.get(1).map_err(untold)? {
                let (place, to): (i64, Option<String>) = (row.get(5).map_err(untold)?, row.get(6).map_err(untold)?);
                match declared.keys.last_mut().filter(|_| place > 0) {
                    Some(key) => key.others.extend(to.map(|to| (column, to))),
                    None => declared.keys.push(DeclaredKey {
                        table: table.clone(),
                        column,
                        parent: row.get(2).map_err(untold)?,
                        to,
                        others: Vec::new(),
                        on_delete: row.get(3).map_err(untold)?,
                        is_told: row.get(4).map_err(untold)?,
                    }),
                }
            }
            declared.tables.push(table);
        }
        declared.fails_midway = self.raw().query_row(sql::FAILS, [], |row| row.get(0)).map_err(untold)?;
        Ok(declared)
    }

    /// Whether a delete of this model can be left to the tables, by `judge` where it is not known yet.
    pub(crate) fn cascades_natively(
        &self,
        meta: &'static ModelMeta,
        judge: impl FnOnce(&Declared) -> Native,
    ) -> Result<Native> {
        let (version, model) = (self.schema_version()?, std::ptr::from_ref(meta).addr());
        self.once(
            version,
            |known| known.native.get(&model).copied(),
            |known, native| {
                known.native.insert(model, native);
            },
            || Ok(judge(&*self.declared_at(version)?)),
        )
    }
}

impl Database {
    /// Tells the database of models: a delete minds their foreign keys, also where the deleted model has no relation that
    /// leads to them. [`create_tables`](Self::create_tables) does so with its models.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{Error, prelude::*};
    /// #[derive(Model, Debug)]
    /// pub struct Author {
    ///     pub id: i64,
    /// }
    /// #[derive(Model)]
    /// pub struct Book {
    ///     pub id: i64,
    ///     #[relation(on_delete = Cascade)]
    ///     pub author: ForeignKey<Author>, // `Author` knows nothing of it
    /// }
    ///
    /// let db = Database::in_memory()?;
    /// // A table of somebody else's, without ON DELETE.
    /// db.raw(|connection| {
    ///     connection.execute_batch(
    ///         "CREATE TABLE author (id INTEGER PRIMARY KEY);
    ///          CREATE TABLE book (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES author);
    ///          INSERT INTO author VALUES (1); INSERT INTO book VALUES (1, 1);",
    ///     )
    /// })?;
    /// db.register(models![Author, Book]);
    /// // SELECT "id" FROM "author"; DELETE FROM "book" WHERE "author_id" IN (..); DELETE FROM "author" WHERE "id" IN (..)
    /// assert_eq!(Author::objects().delete(&db)?.total, 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn register(&self, models: &[&'static ModelMeta]) {
        let mut known = self.inner.models.write().unwrap_or_else(PoisonError::into_inner);
        for meta in models {
            if !known.iter().any(|model| std::ptr::eq(*model, *meta)) {
                known.push(meta);
            }
        }
        drop(known);
        self.forget_schema();
    }

    /// The models that can be reached from this one, and from those the database was told of.
    pub(crate) fn models_around(&self, meta: &'static ModelMeta) -> Vec<&'static ModelMeta> {
        let mut models = meta.reachable();
        let known = self.inner.models.read().unwrap_or_else(PoisonError::into_inner);
        for meta in known.iter() {
            if !models.iter().any(|model| std::ptr::eq(*model, *meta)) {
                for meta in meta.reachable() {
                    if !models.iter().any(|model| std::ptr::eq(*model, meta)) {
                        models.push(meta);
                    }
                }
            }
        }
        models
    }

    /// The schema may not be what it was.
    pub(super) fn forget_schema(&self) {
        *self.inner.cascades.lock().unwrap_or_else(PoisonError::into_inner) = Cascades::default();
    }
}
