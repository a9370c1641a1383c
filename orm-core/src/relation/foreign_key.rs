//! The foreign key: a key of this row's own, and a place for the row it points at.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::IntoKey;
use crate::group::{Cursor, Handle, OneCell, Place, Shared};
use crate::model::Target;
use crate::value::{Bind, Mismatch, PrimaryKey, Value};

/// A foreign key: the key is always there, the row it points at may be loaded.
///
/// Two foreign keys are equal if their keys are; a clone shares the row that is loaded.
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
///
/// #[derive(Model)]
/// pub struct Author {
///     pub id: i64,
///     pub name: String,
/// }
/// #[derive(Model)]
/// pub struct Book {
///     pub id: i64,
///     pub author: ForeignKey<Author>, // column author_id, NOT NULL, indexed
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![Author, Book])?;
/// let frank = Author::create().name("Frank Herbert").save(&db)?;
/// let book = Book::create().author(&frank).save(&db)?;
/// assert_eq!(*book.author.key(), frank.id);
/// assert!(book.author.loaded().is_none());
/// assert_eq!(book.author.get(&db)?.name, "Frank Herbert"); // SELECT .. FROM "author" WHERE "id" IN (..)
/// assert!(book.author.loaded().is_some());
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub struct ForeignKey<T: Target> {
    pub(crate) key: T::Key,
    pub(crate) place: Place,
}

impl<T: Target> ForeignKey<T> {
    /// A foreign key with this key; the row is not loaded.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64 }
    /// let author = ForeignKey::<Author>::new(7);
    /// assert_eq!(*author.key(), 7);
    /// assert!(author.loaded().is_none());
    /// ```
    pub fn new(key: T::Key) -> Self {
        ForeignKey { key, place: Place::solo() }
    }

    #[doc(hidden)]
    pub fn at(key: T::Key, place: Place) -> Self {
        ForeignKey { key, place }
    }

    /// The key.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64 }
    /// let (one, same) = (ForeignKey::<Author>::new(7), ForeignKey::new(7));
    /// assert_eq!(*one.key(), 7);
    /// assert_eq!(one, same); // equal keys
    /// ```
    pub fn key(&self) -> &T::Key {
        &self.key
    }

    /// The row, if it is loaded. Never asks the database.
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
    /// # Book::create().author(&ann).save(&db)?;
    /// let book = Book::objects().get(&db)?; // SELECT .. FROM "book" LIMIT 2
    /// assert!(book.author.loaded().is_none());
    /// // SELECT .. FROM "book" LEFT JOIN "author" ON .. LIMIT 2
    /// let book = Book::objects().select_related(|b| b.author()).get(&db)?;
    /// assert_eq!(book.author.loaded().map(|author| &*author.name), Some("Ann"));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn loaded(&self) -> Option<&T> {
        self.place.read::<OneCell<T>>()?.as_deref()
    }

    /// Whether both hold the same loaded instance: one related row is one instance within a result.
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
    /// # Book::create().author(&ann).save(&db)?;
    /// # Book::create().author(&ann).save(&db)?;
    /// // SELECT .. FROM "book"; SELECT .. FROM "author" WHERE "id" IN (..)
    /// let books = Book::objects().prefetch_related(|b| b.author()).all(&db)?;
    /// assert!(books[0].author.same_row(&books[1].author));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn same_row(&self, other: &Self) -> bool {
        let cell = |key: &Self| key.place.read::<OneCell<T>>().cloned().flatten();
        cell(self).zip(cell(other)).is_some_and(|(a, b)| Shared::ptr_eq(&a, &b))
    }

    /// Points at another row, which is not loaded. The row keeps its fetch mode, and the clones what they had.
    ///
    /// It takes `&mut self`, so nobody can be holding a reference to the old row.
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
    /// # let bob = Author::create().name("Bob").save(&db)?;
    /// let mut book = Book::create().author(&ann).save(&db)?;
    /// book.author.set(&bob); // no statement yet
    /// book.save(&db)?; // UPDATE "book" SET "author_id" = .. WHERE "id" = ..
    /// assert_eq!(book.author.get(&db)?.name, "Bob");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn set(&mut self, to: impl IntoKey<T, T::Key>) {
        self.point_at(to.into_key());
    }

    pub(crate) fn point_at(&mut self, key: T::Key) {
        self.key = key;
        self.place.leave();
    }
}

impl<T: Target> From<&T> for ForeignKey<T> {
    fn from(row: &T) -> Self {
        ForeignKey::new(row.key())
    }
}

impl<T: Target> Clone for ForeignKey<T> {
    fn clone(&self) -> Self {
        ForeignKey { key: self.key.clone(), place: self.place.clone() }
    }
}

impl<T: Target> PartialEq for ForeignKey<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<T: Target> Eq for ForeignKey<T> {}

impl<T: Target> Hash for ForeignKey<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl<T: Target> fmt::Debug for ForeignKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loaded = if self.loaded().is_some() { ", loaded" } else { "" };
        write!(f, "{}({}{loaded})", T::META.name, self.key.key_ref())
    }
}

impl<T: Target + serde::Serialize> serde::Serialize for ForeignKey<T> {
    /// The row if it is loaded, its key otherwise.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.loaded() {
            Some(row) => row.serialize(serializer),
            None => <T::Key as Value>::scalar(self.key.clone()).serialize(serializer),
        }
    }
}

/// A foreign key whose row's fields stand among those of the row it belongs to.
pub trait FlatKey {
    /// The fields of the row if it is loaded, otherwise its key by the name of the field. Nothing where there is none.
    ///
    /// # Errors
    ///
    /// The serializer's.
    fn serialize_flat<S: serde::Serializer>(&self, name: &'static str, serializer: S) -> Result<S::Ok, S::Error>;
}

impl<T: Target + serde::Serialize> FlatKey for ForeignKey<T> {
    fn serialize_flat<S: serde::Serializer>(&self, name: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
        match self.loaded() {
            Some(row) => row.serialize(serializer),
            None => serializer.collect_map([(name, self)]),
        }
    }
}

impl<T: Target + serde::Serialize> FlatKey for Option<ForeignKey<T>> {
    fn serialize_flat<S: serde::Serializer>(&self, name: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(key) => key.serialize_flat(name, serializer),
            None => serializer.serialize_none(),
        }
    }
}

/// `ForeignKey<T>` and `Option<ForeignKey<T>>`, as generated code reads and writes them.
pub trait StoredKey: Sized {
    /// Reads the key; `slot` is the relation's.
    ///
    /// # Errors
    ///
    /// The column is no key of the target.
    fn decode(row: &mut Cursor<'_>, slot: usize) -> Result<Self, Mismatch>;
    /// The key on its way into a statement.
    fn bind(&self) -> Bind<'_>;
    /// The handle, untyped.
    fn handle(&self) -> Handle<'_>;
}

impl<T: Target> StoredKey for ForeignKey<T> {
    #[inline]
    fn decode(row: &mut Cursor<'_>, slot: usize) -> Result<Self, Mismatch> {
        Ok(ForeignKey { key: row.value::<T::Key>()?, place: row.place(slot) })
    }
    fn bind(&self) -> Bind<'_> {
        self.key.bind()
    }
    #[inline]
    fn handle(&self) -> Handle<'_> {
        Handle { key: Some(self.key.key_ref()), place: Some(&self.place) }
    }
}

impl<T: Target> StoredKey for Option<ForeignKey<T>> {
    #[inline]
    fn decode(row: &mut Cursor<'_>, slot: usize) -> Result<Self, Mismatch> {
        let key = row.value::<Option<T::Key>>()?;
        Ok(key.map(|key| ForeignKey { key, place: row.place(slot) }))
    }
    fn bind(&self) -> Bind<'_> {
        self.as_ref().map_or(Bind::Null, StoredKey::bind)
    }
    #[inline]
    fn handle(&self) -> Handle<'_> {
        self.as_ref().map_or(Handle { key: None, place: None }, StoredKey::handle)
    }
}
