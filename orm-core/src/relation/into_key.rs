//! What can be given where a key is wanted: a row, a key, a foreign key, or an Option of one.

use super::ForeignKey;
use crate::group::Shared;
use crate::model::{Model, Target};
use crate::value::IntoField;

/// A row of `T`, its key, or a foreign key to it: what a builder's setter takes.
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
/// let ann = Author::create().name("Ann").save(&db)?;
/// let book = Book::create().author(&ann).save(&db)?; // a row
/// Book::create().author(1).save(&db)?; // a key
/// Book::create().author(&book.author).save(&db)?; // a foreign key
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `{T}` row and not a `{T}` key",
    label = "expected `&{T}`, a `{Id}`, or a `ForeignKey<{T}>`"
)]
pub trait IntoKey<T, Id> {
    /// The key.
    fn into_key(self) -> Id;
}

impl<T: Model> IntoKey<T, T::Key> for &T {
    fn into_key(self) -> T::Key {
        self.key()
    }
}
impl<T: Model> IntoKey<T, T::Key> for &Shared<T> {
    fn into_key(self) -> T::Key {
        self.key()
    }
}
impl<T: Target> IntoKey<T, T::Key> for ForeignKey<T> {
    fn into_key(self) -> T::Key {
        self.key
    }
}
impl<T: Target> IntoKey<T, T::Key> for &ForeignKey<T> {
    fn into_key(self) -> T::Key {
        self.key.clone()
    }
}

/// Like [`IntoKey`], or an Option of it: what a nullable foreign key takes.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Author { pub id: i64, pub name: String }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub author: Option<ForeignKey<Author>> }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Author, Book])?;
/// let ann = Author::create().name("Ann").save(&db)?;
/// Book::create().author(&ann).save(&db)?;
/// Book::create().author(Some(1)).save(&db)?;
/// Book::create().author(None::<&Author>).save(&db)?; // NULL
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `{T}` row, not a `{T}` key, and not an Option of one",
    label = "expected `&{T}`, a `{Id}`, a `ForeignKey<{T}>`, or an Option of one"
)]
pub trait IntoOptKey<T, Id> {
    /// The key, or none.
    fn into_opt_key(self) -> Option<Id>;
}

impl<T: Model> IntoOptKey<T, T::Key> for &T {
    fn into_opt_key(self) -> Option<T::Key> {
        Some(self.key())
    }
}
impl<T: Target> IntoOptKey<T, T::Key> for ForeignKey<T> {
    fn into_opt_key(self) -> Option<T::Key> {
        Some(self.key)
    }
}
impl<T: Target> IntoOptKey<T, T::Key> for &ForeignKey<T> {
    fn into_opt_key(self) -> Option<T::Key> {
        Some(self.key.clone())
    }
}
impl<T, Id, V: IntoKey<T, Id>> IntoOptKey<T, Id> for Option<V> {
    fn into_opt_key(self) -> Option<Id> {
        self.map(IntoKey::into_key)
    }
}

macro_rules! keys {
    ($($type:ty),*) => {$(
        impl<T> IntoKey<T, $type> for $type {
            fn into_key(self) -> $type {
                self
            }
        }
        impl<T> IntoOptKey<T, $type> for $type {
            fn into_opt_key(self) -> Option<$type> {
                Some(self)
            }
        }
    )*};
}
keys!(i64, i32, i16, u32, String);
#[cfg(feature = "uuid")]
keys!(uuid::Uuid);

macro_rules! tuples {
    ($($given:ident $key:ident $at:tt),*) => {
        impl<T, $($key, $given: IntoField<$key>),*> IntoKey<T, ($($key,)*)> for ($($given,)*) {
            fn into_key(self) -> ($($key,)*) {
                ($(self.$at.into_field(),)*)
            }
        }
    };
}
tuples!(V A 0, W B 1);
tuples!(V A 0, W B 1, X C 2);
tuples!(V A 0, W B 1, X C 2, Y D 3);

impl<T> IntoKey<T, String> for &str {
    fn into_key(self) -> String {
        self.into()
    }
}
impl<T> IntoKey<T, String> for &String {
    fn into_key(self) -> String {
        self.clone()
    }
}
impl<T> IntoOptKey<T, String> for &str {
    fn into_opt_key(self) -> Option<String> {
        Some(self.into())
    }
}
