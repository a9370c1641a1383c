//! Primary keys: borrowed, collected, and looked up without regard to their type.
//!
//! Relation loading works on [`KeyRef`]s, so one copy of it serves every model.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::composite::{KeyParts, pack, unpack};
use super::{Bind, Datum, Inside, Literal, Mismatch, Value};

/// The primary key of a model: a [`Key`], or a tuple of them where the key has several columns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a primary key",
    label = "not a key type",
    note = "use i64, i32, i16, u32 or String, or a `Uuid` of the `uuid` feature; a newtype of one is a key with `#[db(key)]`"
)]
pub trait PrimaryKey: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static {
    /// The key, borrowed and untyped.
    fn key_ref(&self) -> KeyRef<'_>;
    /// The key back from its untyped form, if it is of this type.
    fn from_key_ref(key: KeyRef<'_>) -> Option<Self>;
    /// The key SQLite gave to a row that was inserted without one.
    ///
    /// # Errors
    ///
    /// The type has no room for it, or is no integer.
    fn from_rowid(rowid: i64) -> Result<Self, Mismatch>;
}

/// A type that can be a primary key of one column: an integer, a `String`, or a newtype of one.
#[diagnostic::on_unimplemented(
    message = "no relation leads to a model whose primary key is `{Self}`, of several columns",
    label = "the model at the other end has a composite primary key",
    note = "give that model a key of one column, and say `unique(fields = \"..\")` of the others"
)]
pub trait Key: PrimaryKey + Value<Base = Self, Out = Self> + Literal<Self> {}

macro_rules! integer_keys {
    ($($type:ty),*) => {$(
        impl Key for $type {}
        impl PrimaryKey for $type {
            #[inline]
            fn key_ref(&self) -> KeyRef<'_> {
                KeyRef::Int(i64::from(*self))
            }
            fn from_key_ref(key: KeyRef<'_>) -> Option<Self> {
                match key {
                    KeyRef::Int(key) => key.try_into().ok(),
                    _ => None,
                }
            }
            fn from_rowid(rowid: i64) -> Result<Self, Mismatch> {
                rowid.try_into().map_err(|_| Mismatch::found(Datum::Integer(rowid)))
            }
        }
        impl AutoKey for $type {}
        impl Counted for $type {}
    )*};
}
integer_keys!(i64, i32, i16, u32);

impl Key for String {}
impl PrimaryKey for String {
    #[inline]
    fn key_ref(&self) -> KeyRef<'_> {
        KeyRef::Text(self)
    }
    fn from_key_ref(key: KeyRef<'_>) -> Option<Self> {
        match key {
            KeyRef::Text(key) => Some(key.to_owned()),
            _ => None,
        }
    }
    fn from_rowid(rowid: i64) -> Result<Self, Mismatch> {
        Err(Mismatch::found(Datum::Integer(rowid)))
    }
}

/// A key that the database counts up where it is left out: an integer, or a newtype of one.
pub trait AutoKey {}
impl<T: Inside> AutoKey for T where T::Inner: Counted {}

/// What the database counts up.
#[diagnostic::on_unimplemented(
    message = "the primary key is not set, and the database makes none that is a `{Self}`",
    label = "set the key on the builder before this, or give it a default: `#[field(default = ..)]`"
)]
pub trait Counted {}

/// A primary key, borrowed and untyped.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum KeyRef<'a> {
    /// An integer of any type.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// The values of a key of several columns, in one.
    Packed(&'a [u8]),
    /// The same, where they are still apart.
    Parts(&'a dyn KeyParts),
}

impl<'a> KeyRef<'a> {
    /// The key as a bind.
    pub fn bind(self) -> Bind<'a> {
        match self {
            KeyRef::Int(key) => Bind::Integer(key),
            KeyRef::Text(key) => Bind::Text(Cow::Borrowed(key)),
            KeyRef::Bytes(key) | KeyRef::Packed(key) => Bind::Blob(Cow::Borrowed(key)),
            KeyRef::Parts(parts) => Bind::Blob(Cow::Owned(pack(parts))),
        }
    }

    /// The key in a bind, if it is one.
    pub fn of_bind(bind: &'a Bind<'_>) -> Option<Self> {
        match bind {
            Bind::Integer(key) => Some(KeyRef::Int(*key)),
            Bind::Text(key) => Some(KeyRef::Text(key)),
            Bind::Blob(key) => Some(KeyRef::Bytes(key)),
            _ => None,
        }
    }

    /// The key in a row, or `None` for NULL.
    ///
    /// # Errors
    ///
    /// The value is a float, or text that is not UTF-8.
    pub fn read(datum: Datum<'a>) -> Result<Option<Self>, Mismatch> {
        match datum {
            Datum::Null => Ok(None),
            Datum::Integer(key) => Ok(Some(KeyRef::Int(key))),
            Datum::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(key) => Ok(Some(KeyRef::Text(key))),
                Err(_) => Err(Mismatch::found(datum)),
            },
            Datum::Blob(key) => Ok(Some(KeyRef::Bytes(key))),
            other => Err(Mismatch::found(other)),
        }
    }
}

impl Ord for KeyRef<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let class = |key: &Self| match key {
            KeyRef::Int(_) => 0,
            KeyRef::Text(_) => 1,
            KeyRef::Bytes(_) | KeyRef::Packed(_) | KeyRef::Parts(_) => 2,
        };
        match (self, other) {
            (KeyRef::Int(one), KeyRef::Int(other)) => one.cmp(other),
            (KeyRef::Text(one), KeyRef::Text(other)) => one.cmp(other),
            _ => match (self.bind(), other.bind()) {
                (Bind::Blob(one), Bind::Blob(other)) => one.cmp(&other),
                _ => class(self).cmp(&class(other)),
            },
        }
    }
}

impl PartialOrd for KeyRef<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for KeyRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for KeyRef<'_> {}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            KeyRef::Int(key) => key.hash(state),
            KeyRef::Text(key) => key.hash(state),
            KeyRef::Bytes(key) | KeyRef::Packed(key) => key.hash(state),
            KeyRef::Parts(parts) => pack(*parts).hash(state),
        }
    }
}

impl fmt::Debug for KeyRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRef({self})")
    }
}

impl fmt::Display for KeyRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packed = match self {
            KeyRef::Packed(packed) => unpack(packed),
            KeyRef::Parts(parts) => unpack(&pack(*parts)),
            _ => None,
        };
        let Some(parts) = packed else { return self.bind().fmt(f) };
        for (number, part) in parts.iter().enumerate() {
            write!(f, "{}{part}", if number == 0 { "(" } else { ", " })?;
        }
        f.write_str(")")
    }
}
