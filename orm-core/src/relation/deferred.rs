//! A column that may be left unloaded.

use std::fmt;

use crate::group::{ColumnCell, Cursor, Handle, Place};
use crate::value::{Bind, Datum, Domain, IntoField, Mismatch, Scalar, Storage, Value};

/// A column that a query can leave out with `defer` or `only`, and that is loaded when it is asked for.
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
///
/// #[derive(Model)]
/// pub struct Book {
///     pub id: i64,
///     pub summary: Deferred<String>,
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![Book])?;
/// Book::create().summary("long").save(&db)?;
/// let book = Book::objects().defer(|b| b.summary()).get(&db)?; // SELECT "book"."id" FROM "book" ..
/// assert!(book.summary.loaded().is_none());
/// assert_eq!(book.summary.get(&db)?, "long"); // SELECT "book"."summary" FROM "book" WHERE ..
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub struct Deferred<T> {
    /// What came with the row, or was set.
    pub(crate) value: Option<T>,
    /// Where it is kept if it is loaded later.
    pub(crate) place: Option<Place>,
}

impl<T> Deferred<T> {
    /// A loaded value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// let mut summary = Deferred::new("long".to_owned());
    /// assert_eq!(summary.loaded().map(String::as_str), Some("long"));
    /// summary.set("short");
    /// assert_eq!(summary.loaded().map(String::as_str), Some("short"));
    /// ```
    pub fn new(value: T) -> Self {
        Deferred { value: Some(value), place: None }
    }

    #[doc(hidden)]
    pub fn at(value: T, place: Place) -> Self {
        Deferred { value: Some(value), place: Some(place) }
    }

    #[doc(hidden)]
    pub fn handle(&self) -> Handle<'_> {
        Handle { key: None, place: self.place.as_ref() }
    }

    /// Sets the value; it counts as loaded.
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
    /// let mut book = Book::objects().defer(|b| b.summary()).get(&db)?; // SELECT "book"."id" FROM "book" ..
    /// book.summary.set("short");
    /// book.save(&db)?; // UPDATE "book" SET "summary" = ..
    /// assert_eq!(book.summary.get(&db)?, "short"); // no statement
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn set(&mut self, value: impl IntoField<T>) {
        self.value = Some(value.into_field());
    }
}

impl<T: Send + Sync + 'static> Deferred<T> {
    /// The value, if it is loaded. Never asks the database.
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
    /// let books = Book::objects();
    /// assert!(books.get(&db)?.summary.loaded().is_some()); // SELECT "book"."id", "book"."summary" ..
    /// assert!(books.defer(|b| b.summary()).get(&db)?.summary.loaded().is_none()); // SELECT "book"."id" ..
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn loaded(&self) -> Option<&T> {
        let later = self.place.as_ref().and_then(Place::read::<ColumnCell<T>>);
        self.value.as_ref().or_else(|| later?.as_ref())
    }

    /// Whether the value is not loaded: for `#[serde(skip_serializing_if = "..")]`.
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
    /// let book = Book::objects().defer(|b| b.summary()).get(&db)?; // SELECT "book"."id" FROM "book" ..
    /// assert!(book.summary.is_unloaded());
    /// book.summary.get(&db)?; // SELECT "book"."summary" FROM "book" WHERE ..
    /// assert!(!book.summary.is_unloaded());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn is_unloaded(&self) -> bool {
        self.loaded().is_none()
    }
}

impl<T: Value<Out = T> + Send + Sync> Deferred<T> {
    /// Reads the column, if the row has it.
    ///
    /// # Errors
    ///
    /// The column is not what the field's type promises.
    #[doc(hidden)]
    pub fn decode(row: &mut Cursor<'_>, slot: usize) -> Result<Self, Mismatch> {
        let value = if row.has(slot) { Some(row.value::<T>()?) } else { None };
        Ok(Deferred { value, place: Some(row.place(slot)) })
    }

    /// The value on its way into a statement, if it is loaded.
    #[doc(hidden)]
    pub fn stored(&self) -> Option<Bind<'_>> {
        self.loaded().map(Value::bind)
    }
}

impl<T: Value> Value for Deferred<T> {
    type Base = T::Base;
    type Null = T::Null;
    type Nullable = Deferred<T::Nullable>;
    type Out = T::Out;
    const STORAGE: Storage = T::STORAGE;
    const NAME: &'static str = T::NAME;
    const DOMAIN: Domain = T::DOMAIN;
    fn read(datum: Datum<'_>) -> Result<T::Out, Mismatch> {
        T::read(datum)
    }
    fn bind(&self) -> Bind<'_> {
        self.value.as_ref().map_or(Bind::Refused("a deferred column that is not loaded"), Value::bind)
    }
    fn scalar(out: T::Out) -> Scalar {
        T::scalar(out)
    }
}

impl<T: Clone> Clone for Deferred<T> {
    fn clone(&self) -> Self {
        Deferred { value: self.value.clone(), place: self.place.clone() }
    }
}

impl<T: PartialEq + Send + Sync + 'static> PartialEq for Deferred<T> {
    /// Compares what is loaded; unloaded equals unloaded.
    fn eq(&self, other: &Self) -> bool {
        self.loaded() == other.loaded()
    }
}

impl<T: fmt::Debug + Send + Sync + 'static> fmt::Debug for Deferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.loaded() {
            Some(value) => value.fmt(f),
            None => f.write_str("<deferred>"),
        }
    }
}

impl<T: serde::Serialize + Send + Sync + 'static> serde::Serialize for Deferred<T> {
    /// The value if it is loaded, null otherwise.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.loaded().serialize(serializer)
    }
}
