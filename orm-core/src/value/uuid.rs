//! UUIDs of the `uuid` crate, stored as their 16 bytes.
//!
//! The bytes, and not the 36 letters: a key stands in its table, in every index and in every foreign key. They sort as the
//! letters do, so those of version 7 sort by the time they were made.

use std::borrow::Cow;

use uuid::Uuid;

use super::primitives::scalar;
use super::{Bind, Datum, Domain, Key, KeyRef, Literal, Mismatch, NotNull, PrimaryKey, Scalar, Storage, Value};

scalar!(
    Uuid,
    Blob in Domain::Length(16),
    |datum| match datum {
        Datum::Blob(bytes) => Uuid::from_slice(bytes).map_err(|_| Mismatch::found(datum)),
        other => Err(Mismatch::found(other)),
    },
    |value| Bind::Blob(Cow::Borrowed(value.as_bytes())),
    |out| Scalar::Text(out.to_string())
);

impl Key for Uuid {}
impl PrimaryKey for Uuid {
    fn key_ref(&self) -> KeyRef<'_> {
        KeyRef::Bytes(self.as_bytes())
    }
    fn from_key_ref(key: KeyRef<'_>) -> Option<Self> {
        match key {
            KeyRef::Bytes(bytes) => Uuid::from_slice(bytes).ok(),
            _ => None,
        }
    }
    fn from_rowid(rowid: i64) -> Result<Self, Mismatch> {
        Err(Mismatch::found(Datum::Integer(rowid)))
    }
}
