//! Primary keys of several columns: tuples, and the one value that such a key is where it has to be one.
//!
//! In the program and in a bind a key is one value, whatever its columns are: they are packed, one after the other. SQL takes
//! it apart again (`lower/key.rs`), so that an index of the columns serves.

use std::borrow::Cow;

use super::{Bind, Key, KeyRef, Mismatch, PrimaryKey};

/// The values of a key of several columns.
pub trait KeyParts: Send + Sync {
    /// How many there are.
    fn parts(&self) -> usize;
    /// One of them.
    fn part(&self, number: usize) -> Option<KeyRef<'_>>;
}

const INTEGER: u8 = b'i';
const TEXT: u8 = b't';
const BLOB: u8 = b'b';

/// The values in one.
pub(crate) fn pack(key: &dyn KeyParts) -> Vec<u8> {
    let mut packed = Vec::with_capacity(key.parts() * 9);
    for part in (0..key.parts()).filter_map(|number| key.part(number)) {
        pack_part(&part.bind(), &mut packed);
    }
    packed
}

/// Adds a value to those that are packed; says whether it can be part of a key.
pub(crate) fn pack_part(part: &Bind<'_>, packed: &mut Vec<u8>) -> bool {
    let (class, bytes): (u8, &[u8]) = match part {
        Bind::Integer(value) => {
            packed.push(INTEGER);
            packed.extend_from_slice(&value.to_be_bytes());
            return true;
        }
        Bind::Text(text) => (TEXT, text.as_bytes()),
        Bind::Blob(bytes) => (BLOB, bytes),
        _ => return false,
    };
    packed.push(class);
    packed.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    packed.extend_from_slice(bytes);
    true
}

/// The values apart again; none where these are not the bytes of a key.
pub(crate) fn unpack(packed: &[u8]) -> Option<Vec<Bind<'static>>> {
    let mut parts = Vec::new();
    let mut rest = packed;
    while let Some((class, after)) = rest.split_first() {
        let (number, after) = after.split_first_chunk::<8>()?;
        if *class == INTEGER {
            parts.push(Bind::Integer(i64::from_be_bytes(*number)));
            rest = after;
            continue;
        }
        let length = usize::try_from(u64::from_be_bytes(*number)).ok()?;
        let (bytes, after) = after.split_at_checked(length)?;
        parts.push(match *class {
            TEXT => Bind::Text(Cow::Owned(String::from_utf8(bytes.to_vec()).ok()?)),
            BLOB => Bind::Blob(Cow::Owned(bytes.to_vec())),
            _ => return None,
        });
        rest = after;
    }
    Some(parts)
}

macro_rules! tuples {
    ($($name:ident $at:tt),*) => {
        impl<$($name: Key),*> KeyParts for ($($name,)*) {
            fn parts(&self) -> usize {
                [$($at),*].len()
            }
            fn part(&self, number: usize) -> Option<KeyRef<'_>> {
                match number {
                    $($at => Some(self.$at.key_ref()),)*
                    _ => None,
                }
            }
        }
        impl<$($name: Key),*> PrimaryKey for ($($name,)*) {
            fn key_ref(&self) -> KeyRef<'_> {
                KeyRef::Parts(self)
            }
            fn from_key_ref(key: KeyRef<'_>) -> Option<Self> {
                let Bind::Blob(packed) = key.bind() else { return None };
                let mut parts = unpack(&packed)?.into_iter();
                let key = ($($name::from_key_ref(KeyRef::of_bind(&parts.next()?)?)?,)*);
                parts.next().is_none().then_some(key)
            }
            fn from_rowid(_: i64) -> Result<Self, Mismatch> {
                Err(Mismatch::new("no value for a key of several columns"))
            }
        }
    };
}
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_packed_and_apart() {
        let key = (i64::MIN, String::from("a\u{0}é"), 7_i32);
        let Bind::Blob(packed) = key.key_ref().bind() else { return assert_eq!(key.key_ref().to_string(), "a blob") };
        assert_eq!(<(i64, String, i32)>::from_key_ref(KeyRef::Packed(&packed)), Some(key.clone()));
        assert_eq!(<(i64, String)>::from_key_ref(KeyRef::Packed(&packed)), None);
        assert_eq!(<(i64, i64, i32)>::from_key_ref(KeyRef::Packed(&packed)), None);
        assert_eq!(KeyRef::Packed(&packed).to_string(), "(-9223372036854775808, 'a\u{0}é', 7)");
        assert_eq!(unpack(b"i12"), None);
        assert_eq!(unpack(b"t\0\0\0\0\0\0\0\x09a"), None);
    }
}
