//! Values that SQLite has no room for: refused before they are bound, for it would store something else.

use super::About;
use crate::error::{Error, Result};
use crate::meta::ModelMeta;
use crate::value::Bind;

/// Refuses values that SQLite has no room for.
pub(super) fn storable(binds: &[Bind<'_>], about: About) -> Result<()> {
    // What is no array and fits is what there mostly is.
    if !binds.iter().any(|bind| matches!(bind, Bind::Array(_)) || refused(bind).is_some()) {
        return Ok(());
    }
    binds.iter().enumerate().try_for_each(|(i, bind)| storable_at(i + 1, bind, about))
}

#[inline]
pub(super) fn storable_at(number: usize, bind: &Bind<'_>, about: About) -> Result<()> {
    let storable = |bind| storable_in(about.meta, bind, || format!("?{number}"));
    match bind {
        Bind::Array(values) => values.iter().try_for_each(storable),
        bind => storable(bind),
    }
}

/// Refuses one value; `field` says where it was to go.
#[inline]
pub(crate) fn storable_in(meta: &ModelMeta, bind: &Bind<'_>, field: impl FnOnce() -> String) -> Result<()> {
    match refused(bind) {
        None => Ok(()),
        Some(reason) => Err(Error::NotStorable { model: meta.name, field: field(), reason }),
    }
}

/// The most bytes of a text or a blob, as SQLite is built by default.
pub(super) const LONGEST: usize = 1_000_000_000;
const LONG: &str = "SQLite holds no text or blob of more than 1,000,000,000 bytes";
const NAN: &str = "SQLite stores a float that is not a number as NULL";

#[inline]
fn refused(bind: &Bind<'_>) -> Option<&'static str> {
    match bind {
        Bind::Refused(reason) => Some(reason),
        Bind::Real(value) if value.is_nan() => Some(NAN),
        Bind::Text(text) if text.len() > LONGEST => Some(LONG),
        Bind::Blob(bytes) if bytes.len() > LONGEST => Some(LONG),
        _ => None,
    }
}
