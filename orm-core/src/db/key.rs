//! Functions of primary keys of several columns: their values in one, and apart again.

use std::borrow::Cow;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Result};

use super::functions::flags;
use crate::value::{Bind, pack_part, unpack};

/// Registers them.
pub(super) fn register(connection: &Connection) -> Result<()> {
    connection.create_scalar_function(c"eager_key", -1, flags(), |context| {
        let mut packed = Vec::new();
        for argument in 0..context.len() {
            let part = match context.get_raw(argument) {
                ValueRef::Integer(value) => Bind::Integer(value),
                ValueRef::Text(text) => Bind::Text(String::from_utf8_lossy(text)),
                ValueRef::Blob(bytes) => Bind::Blob(Cow::Borrowed(bytes)),
                ValueRef::Null | ValueRef::Real(_) => return Ok(None),
            };
            if !pack_part(&part, &mut packed) {
                return Ok(None);
            }
        }
        Ok(Some(packed))
    })?;
    connection.create_scalar_function(c"eager_key_part", 2, flags(), |context| {
        let (ValueRef::Blob(packed), ValueRef::Integer(number)) = (context.get_raw(0), context.get_raw(1)) else {
            return Ok(Value::Null);
        };
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        Ok(match unpack(packed).and_then(|parts| parts.into_iter().nth(number)) {
            Some(Bind::Integer(value)) => Value::Integer(value),
            Some(Bind::Text(text)) => Value::Text(text.into_owned()),
            Some(Bind::Blob(bytes)) => Value::Blob(bytes.into_owned()),
            _ => Value::Null,
        })
    })
}
