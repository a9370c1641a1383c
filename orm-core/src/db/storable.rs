//! Values that SQLite has no room for: refused before they are bound, for it would store something else.

use super::About;
use crate::error::{Error, Result};
use crate::value::Bind;

/// Refuses values that SQLite has no room for.
pub(super) fn storable(binds: &[Bind<'_>], about: About) -> Result<()> {
    binds.iter().enumerate().try_for_each(|(i, bind)| storable_at(i + 1, bind, about))
}

#[inline]
pub(super) fn storable_at(number: usize, bind: &Bind<'_>, about: About) -> Result<()> {
    let reason = match bind {
        Bind::Array(values) => values.iter().find_map(refused),
        bind => refused(bind),
    };
    match reason {
        None => Ok(()),
        Some(reason) => Err(Error::NotStorable { model: about.meta.name, field: format!("?{number}"), reason }),
    }
}

const NAN: &str = "SQLite stores a float that is not a number as NULL";

/// Checks the values that are refused when they are bound.
#[inline]
pub(crate) fn refused(bind: &Bind<'_>) -> Option<&'static str> {
    match bind {
        Bind::Refused(reason) => Some(reason),
        Bind::Real(value) if value.is_nan() => Some(NAN),
        _ => None,
    }
}
