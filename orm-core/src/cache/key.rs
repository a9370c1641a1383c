//! What a remembered result belongs to: a name the user gave, or a query and its binds.

use std::any::TypeId;

use super::store::Age;
use crate::value::Bind;

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// A name of the user's.
    Named(String),
    /// A query: what its rows become, and everything that is said in it.
    Query(TypeId, Box<[u8]>),
}

/// Writes a query as bytes, so that two queries are the same bytes if and only if they are the same.
#[derive(Default)]
pub(crate) struct KeyWriter(Vec<u8>);

impl KeyWriter {
    /// What kind of question it is. An answer that may be old is none to who asks for a fresh one.
    pub(crate) fn new(what: u8, age: Age) -> Self {
        KeyWriter(vec![what, u8::from(matches!(age, Age::AtMost(_)))])
    }

    pub(crate) fn number(&mut self, number: usize) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// A text, behind its length, so that where it ends cannot be said in it.
    pub(crate) fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn binds(&mut self, binds: &[Bind<'_>]) {
        self.number(binds.len());
        for bind in binds {
            match bind {
                Bind::Null => self.0.push(0),
                Bind::Integer(value) => {
                    self.0.push(1);
                    self.0.extend_from_slice(&value.to_le_bytes());
                }
                Bind::Real(value) => {
                    self.0.push(2);
                    self.0.extend_from_slice(&value.to_bits().to_le_bytes());
                }
                Bind::Text(text) => {
                    self.0.push(3);
                    self.text(text);
                }
                Bind::Blob(bytes) => {
                    self.0.push(4);
                    self.number(bytes.len());
                    self.0.extend_from_slice(bytes);
                }
                Bind::Array(values) => {
                    self.0.push(5);
                    self.binds(values);
                }
                // It is refused before anything is remembered.
                Bind::Refused(_) => self.0.push(6),
            }
        }
    }

    /// The key of a query whose rows become `T`.
    pub(crate) fn finish<T: 'static>(self) -> Key {
        Key::Query(TypeId::of::<T>(), self.0.into_boxed_slice())
    }
}
