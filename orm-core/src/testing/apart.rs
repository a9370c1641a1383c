//! Values that have to differ: from those of rows that are there, and from those that are planned.
//!
//! Comes in: the rows of a table so far. Goes out: for a row that lacks a value, one that no other row has, alone or together
//! with the other columns that are unique with it.

use std::collections::HashSet;

use super::check::together;
use super::make::Maker;
use crate::error::Result;
use crate::meta::ModelMeta;
use crate::value::Bind;

/// What the rows of a table have in the columns that are unique.
pub(super) struct Apart {
    groups: Vec<Group>,
}

/// Columns that are unique together, or one that is so alone.
struct Group {
    columns: Vec<usize>,
    taken: HashSet<Vec<u8>>,
}

/// The groups of columns that are unique, the single ones first.
pub(super) fn groups(meta: &'static ModelMeta) -> impl Iterator<Item = Vec<usize>> {
    let is_unique = |column: &crate::meta::ColumnMeta| column.unique || (column.primary_key && !meta.is_composite());
    let single = meta.columns.iter().enumerate().filter(move |(_, column)| is_unique(column));
    single.map(|(number, _)| vec![number]).chain(meta.unique_together().map(<[usize]>::to_vec))
}

impl Apart {
    pub(super) fn new(meta: &'static ModelMeta) -> Self {
        Apart { groups: groups(meta).map(|columns| Group { columns, taken: HashSet::new() }).collect() }
    }

    /// Notes what a row has.
    pub(super) fn takes(&mut self, row: &[Bind<'static>]) {
        for group in &mut self.groups {
            group.taken.extend(together(&group.columns, row));
        }
    }

    /// A value for a column of a row that sets it apart from all others. `next` is the number of the value to begin with, and
    /// then the one behind it.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn value(
        &self,
        maker: &Maker,
        column: usize,
        row: &mut [Bind<'static>],
        next: &mut i64,
    ) -> Result<Bind<'static>> {
        let groups = || self.groups.iter().filter(|group| group.columns.contains(&column));
        // Of one value more than there are rows, one is free.
        let rows = groups().map(|group| group.taken.len()).max().unwrap_or(0) as i64;
        let room = maker.room().unwrap_or(i64::MAX);
        for _ in 0..room.min(rows.saturating_add(1)) {
            let value = maker.value((*next - 1) % room + 1)?;
            *next += 1;
            if let Some(place) = row.get_mut(column) {
                *place = value.clone();
            }
            let is_free = |group: &Group| together(&group.columns, row).is_none_or(|key| !group.taken.contains(&key));
            if groups().all(is_free) {
                return Ok(value);
            }
        }
        Err(maker.no_room())
    }
}
