//! What a user keeps by hand: values by name, that are dropped when tables are written.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::key::Key;
use super::store::{Age, CacheStats, Entry, Found, Store, store};
use crate::db::{Computed, Database, Executor, Standing};
use crate::error::{Error, Result};
use crate::meta::ModelMeta;

/// The cache of a database: values of any type, by name. Made by [`Database::cache`].
///
/// It is the memory that `QuerySet::cached` uses too, within the same limits
/// ([`DatabaseBuilder::cache_limits`](crate::DatabaseBuilder::cache_limits)): what was not asked for longest goes first. It
/// lives as long as the database is open, in this process only.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub price: f64 }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Book])?;
/// let cache = db.cache();
/// // Computed once, and again when somebody has written a table that was read for it, or one that is named.
/// let count = || cache.get_or_compute("books", models![Book], |db| Book::objects().count(db));
/// assert_eq!(*count()?, 0);
/// Book::create().price(9.5).save(&db)?;
/// assert_eq!(*count()?, 1);
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "it does nothing until a method of it is called"]
pub struct Cache {
    database: Database,
    limit: Option<Duration>,
    bytes: Option<usize>,
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl Database {
    /// The cache of this database.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// let db = Database::in_memory()?;
    /// db.cache().set("greeting", "hello".to_owned());
    /// assert_eq!(*db.cache().get::<String>("greeting")?.unwrap(), "hello");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn cache(&self) -> Cache {
        Cache { database: self.clone(), limit: None, bytes: None }
    }
}

impl Cache {
    /// The same cache, for values that are kept no longer than this.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # use std::time::Duration;
    /// # let db = Database::in_memory()?;
    /// db.cache().for_at_most(Duration::ZERO).set("gone", 1);
    /// assert!(db.cache().get::<i32>("gone")?.is_none());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn for_at_most(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The same cache, for values that count as so many bytes each. Where it is not said, a value counts as its own size
    /// and that of the rows that were read for it; what it owns besides is not seen.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # let db = Database::in_memory()?;
    /// db.cache().weighing(1 << 20).set("page", vec![0_u8; 1 << 20]);
    /// assert!(db.cache().stats().bytes >= 1 << 20);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn weighing(mut self, bytes: usize) -> Self {
        self.bytes = Some(bytes);
        self
    }

    fn store(&self) -> Option<&Store> {
        store(&self.database)
    }

    fn entry<T: Send + Sync + 'static>(&self, value: Arc<T>) -> Entry {
        let born = Instant::now();
        Entry {
            value,
            type_name: std::any::type_name::<T>(),
            answer: None,
            born,
            expires: self.limit.and_then(|limit| born.checked_add(limit)),
            bytes: self.bytes.unwrap_or(size_of::<T>()),
        }
    }

    /// The value of this name, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] if it is of another type.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # let db = Database::in_memory()?;
    /// assert!(db.cache().get::<i64>("visits")?.is_none());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn get<T: Send + Sync + 'static>(&self, name: &str) -> Result<Option<Arc<T>>> {
        let key = Key::Named(name.to_owned());
        let Some(store) = self.store() else { return Ok(None) };
        match store.find(&self.database, &key, Age::Fresh(None)) {
            Found::Good(entry) => typed(name, entry).map(Some),
            found => {
                store.missed(&found);
                Ok(None)
            }
        }
    }

    /// The values of these names, as far as there are any.
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # let db = Database::in_memory()?;
    /// db.cache().set_many([("a", 1), ("b", 2)]);
    /// let found = db.cache().get_many::<i32>(["a", "b", "c"])?;
    /// assert_eq!((found.len(), *found["b"]), (2, 2));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn get_many<'n, T: Send + Sync + 'static>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<HashMap<String, Arc<T>>> {
        let mut found = HashMap::new();
        for name in names {
            if let Some(value) = self.get(name)? {
                found.insert(name.to_owned(), value);
            }
        }
        Ok(found)
    }

    /// Keeps a value under a name, in place of what was there. It depends on no table.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # let db = Database::in_memory()?;
    /// db.cache().set("visits", 3_i64);
    /// assert_eq!(*db.cache().get::<i64>("visits")?.unwrap(), 3);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn set<T: Send + Sync + 'static>(&self, name: impl Into<String>, value: T) {
        if let Some(store) = self.store() {
            store.keep(Key::Named(name.into()), self.entry(Arc::new(value)));
        }
    }

    /// Keeps several values.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # let db = Database::in_memory()?;
    /// db.cache().set_many([("a", 1), ("b", 2)]);
    /// assert!(db.cache().contains("b"));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn set_many<N: Into<String>, T: Send + Sync + 'static>(&self, values: impl IntoIterator<Item = (N, T)>) {
        for (name, value) in values {
            self.set(name, value);
        }
    }

    /// Keeps a value if there is none of this name; says whether it was kept. Of several threads that add at once, one does.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # let db = Database::in_memory()?;
    /// assert!(db.cache().add("lock", ()));
    /// assert!(!db.cache().add("lock", ()));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn add<T: Send + Sync + 'static>(&self, name: impl Into<String>, value: T) -> bool {
        let key = Key::Named(name.into());
        let entry = self.entry(Arc::new(value));
        self.store().is_some_and(|store| store.keep_if_none(&self.database, key, entry))
    }

    /// The value of this name, or else what `compute` makes of it, which is kept from then on.
    ///
    /// It is kept until somebody writes one of these models' tables, or a table that `compute` has read on this thread: through
    /// this handle or another, as SQL or by a trigger, in this process or in another. What `compute` takes from elsewhere,
    /// nobody watches: give it a time with [`for_at_most`](Self::for_at_most).
    ///
    /// Threads that ask at once for what is not there compute it each for itself.
    ///
    /// # Errors
    ///
    /// What `compute` fails with; [`Error::NotCacheable`] where it writes, or where its answer depends on chance or on the
    /// time; [`Error::Misuse`] if the value of this name is of another type. Nothing is kept then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # Book::create().price(9.5).save(&db)?;
    /// let total = db.cache().get_or_compute("total", models![Book], |db| {
    ///     Book::objects().aggregate(db, |b| b.price().total()) // SELECT total("book"."price") FROM "book"
    /// })?;
    /// assert_eq!(*total, 9.5);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn get_or_compute<T: Send + Sync + 'static>(
        &self,
        name: &str,
        models: &[&'static ModelMeta],
        compute: impl FnOnce(&Database) -> Result<T>,
    ) -> Result<Arc<T>> {
        let compute = || compute(&self.database).map(Arc::new);
        // In a transaction that has written, `compute` may see what is not committed.
        let sees_now = self.database.standing() == Standing::Now && !self.database.writes_here();
        let Some(store) = self.store() else { return compute() };
        if !sees_now {
            store.passed_by();
            return compute();
        }
        let found = match store.find(&self.database, &named(name), Age::Fresh(None)) {
            Found::Good(entry) => return typed(name, entry),
            found => found,
        };
        let tables = tables_of(models);
        let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
        let value = match store.computed(&found, self.database.compute(&tables, compute))? {
            Computed::Passing(value) => value,
            Computed::Lasting(value, answer) => {
                let bytes = self.bytes.unwrap_or_else(|| size_of::<T>().saturating_add(answer.bytes()));
                let entry = Entry { bytes, answer: Some(answer), ..self.entry(Arc::clone(&value)) };
                store.keep(Key::Named(name.to_owned()), entry);
                value
            }
        };
        Ok(value)
    }

    /// Keeps the value of this name from now on for as long as [`for_at_most`](Self::for_at_most) says, or without a limit;
    /// says whether there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # use std::time::Duration;
    /// # let db = Database::in_memory()?;
    /// db.cache().set("session", 7);
    /// assert!(db.cache().for_at_most(Duration::ZERO).touch("session"));
    /// assert!(!db.cache().contains("session"));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn touch(&self, name: &str) -> bool {
        let expires = self.limit.and_then(|limit| Instant::now().checked_add(limit));
        let touch = |entry: &mut Entry| entry.expires = expires;
        self.store().is_some_and(|store| store.change(&self.database, &named(name), touch).is_some())
    }

    /// Forgets the value of this name; says whether there was one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # let db = Database::in_memory()?;
    /// db.cache().set("visits", 3);
    /// assert!(db.cache().delete("visits"));
    /// assert!(!db.cache().delete("visits"));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn delete(&self, name: &str) -> bool {
        self.store().is_some_and(|store| store.forget(&named(name)))
    }

    /// Whether there is a value of this name.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # let db = Database::in_memory()?;
    /// assert!(!db.cache().contains("visits"));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        self.store().is_some_and(|store| store.change(&self.database, &named(name), |_| ()).is_some())
    }

    /// Adds to the number of this name, at once for all threads; says what it is then, or nothing where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] if the value is no `i64`, or the sum is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # let db = Database::in_memory()?;
    /// assert_eq!(db.cache().incr("visits", 1)?, None);
    /// db.cache().set("visits", 3_i64);
    /// assert_eq!(db.cache().incr("visits", 2)?, Some(5));
    /// assert_eq!(db.cache().incr("visits", -1)?, Some(4));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn incr(&self, name: &str, by: i64) -> Result<Option<i64>> {
        let add = |entry: &mut Entry| {
            let number = *typed::<i64>(name, entry.clone())?;
            let sum = number.checked_add(by).ok_or_else(|| {
                Error::misuse(format!("the cached number `{name}` is {number}: adding {by} goes beyond an i64"))
            })?;
            entry.value = Arc::new(sum);
            Ok(sum)
        };
        self.store().and_then(|store| store.change(&self.database, &named(name), add)).transpose()
    }

    /// Forgets everything, the results of cached querysets included.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # let db = Database::in_memory()?;
    /// db.cache().set("visits", 3);
    /// db.cache().clear();
    /// assert_eq!(db.cache().stats().entries, 0);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn clear(&self) {
        if let Some(store) = self.store() {
            store.clear();
        }
    }

    /// What the cache has done since the database was opened, and how much it keeps.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # let db = Database::in_memory()?;
    /// db.cache().set("visits", 3);
    /// assert_eq!(db.cache().stats().entries, 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn stats(&self) -> CacheStats {
        self.store().map(Store::stats).unwrap_or_default()
    }
}

fn named(name: &str) -> Key {
    Key::Named(name.to_owned())
}

fn typed<T: Send + Sync + 'static>(name: &str, entry: Entry) -> Result<Arc<T>> {
    entry.value.downcast().map_err(|_| {
        let asked = std::any::type_name::<T>();
        Error::misuse(format!("the cached value `{name}` is a `{}` and not a `{asked}`", entry.type_name))
    })
}

/// The tables of these models, and those between them.
fn tables_of(models: &[&'static ModelMeta]) -> Vec<String> {
    let between = |model: &&'static ModelMeta| {
        let model = *model;
        model
            .relations
            .iter()
            .filter_map(move |relation| relation.through(model))
            .map(|through| through.table.to_owned())
    };
    models.iter().map(|model| model.table.to_owned()).chain(models.iter().flat_map(between)).collect()
}
