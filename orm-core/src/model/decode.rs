//! Rows to models: the typed half of relation loading, compiled once for each model.

use std::marker::PhantomData;
use std::ops::Range;

use super::Model;
use crate::db::Row;
use crate::error::{Error, Result};
use crate::group::{
    Cell, Cursor, Group, Instance, Layout, Loader, ManyCell, Members, Mint, OneCell, Place, Shared, SharedRows, Sink,
};
use crate::meta::ModelMeta;
use crate::value::{KeyRef, Mismatch};

/// The loader of `M`.
pub(crate) struct LoaderOf<M>(PhantomData<fn() -> M>);

/// The one loader of `M`.
pub(crate) fn loader<M: Model>() -> &'static dyn Loader {
    const { &LoaderOf::<M>(PhantomData) }
}

impl<M: Model> Loader for LoaderOf<M> {
    fn meta(&self) -> &'static ModelMeta {
        M::META
    }
    fn ones(&self) -> Box<dyn Sink> {
        Box::new(Ones::<M> { rows: Vec::new(), members: Members::new(M::META) })
    }
    fn many(&self, parents: usize) -> Box<dyn Sink> {
        let (rows, members) = (Vec::new(), Members::new(M::META));
        Box::new(Many::<M> { rows, parents: Vec::new(), count: parents, members, sealed: None })
    }
    fn fill_with(&self, cursor: &mut Cursor<'_>, group: &Group, cell: Cell<'_>) -> Result<(), Mismatch> {
        let row = M::decode(cursor)?;
        let mut members = Members::new(M::META);
        row.list_keys(&mut members);
        // Who finds the row may ask for its relations at once.
        group.seal(members);
        cell.fill::<OneCell<M>>(Some(Shared::new(row)));
        Ok(())
    }
    fn fill_with_none(&self, cell: Cell<'_>) {
        cell.fill::<OneCell<M>>(None);
    }
    fn has_one(&self, group: &Group, slot: usize, row: u32) -> bool {
        group.peek::<OneCell<M>>(slot, row).is_some()
    }
    fn has_many(&self, group: &Group, slot: usize, row: u32) -> bool {
        group.peek::<ManyCell<M>>(slot, row).is_some()
    }
    fn loaded_one<'a>(&self, place: &'a Place) -> Option<Option<&'a dyn Instance>> {
        place.peek::<OneCell<M>>().map(|row| row.as_deref().map(|row| row as &dyn Instance))
    }
    fn loaded_many<'a>(&self, place: &'a Place) -> Option<Vec<&'a dyn Instance>> {
        place.peek::<ManyCell<M>>().map(|rows| rows.iter().map(|row| row as &dyn Instance).collect())
    }
}

/// Rows that are shared one by one.
struct Ones<M> {
    rows: Vec<Shared<M>>,
    members: Members,
}

impl<M: Model> Sink for Ones<M> {
    fn push(&mut self, cursor: &mut Cursor<'_>, _: usize) -> Result<(), Mismatch> {
        let row = M::decode(cursor)?;
        row.list_keys(&mut self.members);
        self.rows.push(Shared::new(row));
        Ok(())
    }
    fn len(&self) -> usize {
        self.rows.len()
    }
    fn seal(&mut self, group: &Group) {
        group.seal(std::mem::replace(&mut self.members, Members::new(M::META)));
    }
    fn instances(&self) -> Vec<&dyn Instance> {
        self.rows.iter().map(|row| &**row as &dyn Instance).collect()
    }
    fn fill_one(&self, cell: Cell<'_>, row: Option<u32>) {
        cell.fill::<OneCell<M>>(row.and_then(|row| self.rows.get(row as usize)).cloned());
    }
    fn fill_many(&self, _: Cell<'_>, _: u32) {}
    fn fill_group(&self, group: &Group, slot: usize, rows: &[Option<u32>]) {
        for (cell, row) in group.cells::<OneCell<M>>(slot).unwrap_or_default().iter().zip(rows) {
            let _ = cell.set(row.and_then(|row| self.rows.get(row as usize)).cloned());
        }
    }
}

/// Rows that belong to parents.
struct Many<M> {
    /// While rows are coming: each with its parent.
    rows: Vec<M>,
    parents: Vec<u32>,
    /// How many parents there are.
    count: usize,
    /// In the order the rows came, which is their number in the group.
    members: Members,
    /// All rows have come: one parent's after the other's, and which are whose.
    sealed: Option<(SharedRows<M>, Vec<Range<u32>>)>,
}

impl<M> Many<M> {
    /// Puts each parent's rows together, in the order they came; says which are whose.
    fn sort(&mut self) -> Vec<Range<u32>> {
        let mut ranges: Vec<Range<u32>> = vec![0..0; self.count];
        let mut together = true;
        for (at, parent) in (0_u32..).zip(&self.parents) {
            let Some(range) = ranges.get_mut(*parent as usize) else { continue };
            if range.start == range.end {
                range.start = at;
                range.end = at;
            }
            together &= range.end == at;
            range.end += 1;
        }
        // They came so, as they do in the order of the index they are found by.
        if together {
            return ranges;
        }
        let mut next = 0;
        for range in &mut ranges {
            let length = range.end - range.start;
            *range = next..next;
            next += length;
        }
        // Where each row belongs; a place that is reached is taken.
        let mut places: Vec<usize> = Vec::with_capacity(self.rows.len());
        for parent in &self.parents {
            if let Some(range) = ranges.get_mut(*parent as usize) {
                places.push(range.end as usize);
                range.end += 1;
            }
        }
        for at in 0..places.len() {
            while let Some(place) = places.get(at).copied().filter(|place| *place != at) {
                self.rows.swap(at, place);
                places.swap(at, place);
            }
        }
        ranges
    }
}

impl<M: Model> Sink for Many<M> {
    fn push(&mut self, cursor: &mut Cursor<'_>, parent: usize) -> Result<(), Mismatch> {
        let parent = u32::try_from(parent).ok().filter(|parent| (*parent as usize) < self.count);
        let parent = parent.ok_or_else(|| Mismatch::new("a row of nobody"))?;
        let row = M::decode(cursor)?;
        self.parents.push(parent);
        row.list_keys(&mut self.members);
        self.rows.push(row);
        Ok(())
    }
    fn len(&self) -> usize {
        self.rows.len()
    }
    fn seal(&mut self, group: &Group) {
        group.seal(std::mem::replace(&mut self.members, Members::new(M::META)));
        let ranges = self.sort();
        self.parents = Vec::new();
        let mut rows = std::mem::take(&mut self.rows);
        rows.shrink_to_fit();
        self.sealed = Some((SharedRows::all(rows), ranges));
    }
    fn instances(&self) -> Vec<&dyn Instance> {
        let rows = self.sealed.iter().flat_map(|(rows, _)| rows.iter());
        rows.map(|row| row as &dyn Instance).collect()
    }
    fn fill_one(&self, _: Cell<'_>, _: Option<u32>) {}
    fn fill_many(&self, cell: Cell<'_>, parent: u32) {
        if let Some((rows, ranges)) = &self.sealed
            && let Some(range) = ranges.get(parent as usize)
        {
            cell.fill::<ManyCell<M>>(rows.part(range.clone()));
        }
    }
    fn fill_group(&self, _: &Group, _: usize, _: &[Option<u32>]) {}
}

/// Decodes a row of a group into a sink, for the parent of this number; says the row's own number.
#[inline]
pub(crate) fn decode_into(
    sink: &mut dyn Sink,
    row: Row<'_>,
    meta: &'static ModelMeta,
    layout: &Layout,
    group: &Mint,
    parent: usize,
) -> Result<u32> {
    let number = u32::try_from(sink.len()).unwrap_or(u32::MAX);
    let mut cursor = Cursor::new(row, layout, group, number);
    match sink.push(&mut cursor, parent) {
        Ok(()) => Ok(number),
        Err(mismatch) => Err(decode_error(meta, layout, cursor.column(), mismatch)),
    }
}

/// The key in a column of the row; none where it is NULL.
#[inline]
pub(crate) fn decode_key<'a>(
    row: Row<'a>,
    column: usize,
    meta: &'static ModelMeta,
    layout: &Layout,
) -> Result<Option<KeyRef<'a>>> {
    let key = row.datum(column).and_then(KeyRef::read);
    key.map_err(|mismatch| decode_error(meta, layout, column + 1, mismatch))
}

/// The error of a column that is not what its field's type promises. `column` is the last column that was read.
#[cold]
pub(crate) fn decode_error(meta: &'static ModelMeta, layout: &Layout, column: usize, mismatch: Mismatch) -> Error {
    let selected = meta.columns.iter().filter(|c| !c.deferred.is_some_and(|slot| layout.omitted.contains(&slot)));
    let column =
        selected.clone().nth(column.saturating_sub(layout.offset + 1)).or_else(|| selected.clone().next_back());
    Error::Decode {
        model: meta.name,
        field: column.map_or("?", |column| column.name).to_owned(),
        column: column.map_or("?", |column| column.column).to_owned(),
        expected: column.map_or("?", |column| column.rust_type),
        found: mismatch.0.into_owned(),
    }
}
