//! Where the values of a column come from, and which of them have to differ from row to row.

use std::collections::HashSet;

use super::apart::groups;
use super::check::together;
use super::make::Maker;
use super::order::{Given, Order, wrong};
use crate::error::Result;
use crate::meta::{ModelMeta, RelationMeta};
use crate::value::Bind;

/// What the rows have in a column.
pub(super) enum Source<'o> {
    Given(&'o Given),
    /// These in turn.
    Dealt(Vec<Bind<'static>>),
    /// The rows of another order, in turn.
    Baked(&'o Order),
    /// The key of a row that somebody has to make.
    Parent(&'static RelationMeta),
    Default,
    Null,
    /// A key that is counted up.
    Counted,
    Made(Maker),
    /// What differs from what other rows have.
    Apart(Maker),
}

/// Says which of the values that are made have to differ, and which rows that are pointed at: the columns of the latter.
///
/// Of columns that are unique together it is one that is made, that with the most room, or else a row that is pointed at, where
/// what the caller has given or dealt does not keep them apart by itself.
pub(super) fn keep_apart(meta: &'static ModelMeta, sources: &mut [Source<'_>], count: usize) -> Vec<usize> {
    let mut apart = Vec::new();
    for columns in groups(meta) {
        let find = |wanted: fn(&Source<'_>) -> bool| {
            columns.iter().rev().copied().find(|column| sources.get(*column).is_some_and(wanted))
        };
        // A NULL differs from every other.
        if find(|source| matches!(source, Source::Null)).is_some() {
            continue;
        }
        let room = |column: usize| match sources.get(column) {
            Some(Source::Made(maker) | Source::Apart(maker)) => Some(maker.room().unwrap_or(i64::MAX)),
            _ => None,
        };
        let widest = columns.iter().copied().filter_map(|column| Some((room(column)?, column))).max();
        if let Some((_, made)) = widest {
            if let Some(source) = sources.get_mut(made) {
                *source = match std::mem::replace(source, Source::Null) {
                    Source::Made(maker) => Source::Apart(maker.distinct()),
                    source => source,
                };
            }
        } else if !are_apart(sources, &columns, count) {
            let parent = find(|source| matches!(source, Source::Parent(_)));
            apart.extend(parent.or_else(|| find(|source| matches!(source, Source::Baked(_)))));
        }
    }
    apart
}

/// Whether what is given and dealt for some columns differs from row to row.
fn are_apart(sources: &[Source<'_>], columns: &[usize], count: usize) -> bool {
    let mut seen = HashSet::new();
    (0..count).all(|number| {
        let row: Vec<Bind<'static>> = columns
            .iter()
            .map(|column| match sources.get(*column) {
                Some(Source::Given(given)) => given.value(number),
                Some(Source::Dealt(binds)) => dealt(binds, number),
                // Counted, or the same for all.
                Some(Source::Counted) => Bind::Integer(number as i64),
                _ => Bind::Integer(0),
            })
            .collect();
        let places: Vec<usize> = (0..row.len()).collect();
        together(&places, &row).is_none_or(|values| seen.insert(values))
    })
}

/// A value that was given, as the field's type stores it.
pub(super) fn stored(meta: &'static ModelMeta, column: usize, given: Bind<'static>) -> Result<Bind<'static>> {
    let Some(column) = meta.columns.get(column) else { return Ok(given) };
    match given.datum().filter(|_| given != Bind::Null).map(column.canonical) {
        Some(Err(mismatch)) => {
            Err(wrong(meta, column.name, format!("it is a `{}`, and is given {}", column.rust_type, mismatch.0)))
        }
        Some(Ok(stored)) => Ok(stored),
        None => Ok(given),
    }
}

pub(super) fn dealt(binds: &[Bind<'static>], number: usize) -> Bind<'static> {
    binds.get(number % binds.len().max(1)).cloned().unwrap_or(Bind::Null)
}

/// A key that is counted up, if its type has room for it.
pub(super) fn counted(meta: &'static ModelMeta, column: usize, serial: i64) -> Result<Bind<'static>> {
    let Some(column) = meta.columns.get(column) else { return Ok(Bind::Null) };
    (column.canonical)(crate::value::Datum::Integer(serial)).map_err(|_| {
        wrong(meta, column.name, format!("the key {serial} has no room in its type `{}`", column.rust_type))
    })
}
