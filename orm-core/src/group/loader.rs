//! Models without their type: what relation loading needs of them, behind one pointer.
//!
//! A relation is loaded by code that exists once; a [`Loader`] makes the rows of its model and puts them where they
//! belong, an [`Instance`] tells a row's keys and handles.

use std::sync::Arc;

use super::{Cursor, Group, Place};
use crate::db::{Home, Watch};
use crate::meta::ModelMeta;
use crate::value::{KeyRef, Mismatch};

/// A row of some model.
pub trait Instance: Send + Sync {
    /// The row's key.
    fn key_ref(&self) -> KeyRef<'_>;
    /// The handle in a slot.
    fn handle(&self, slot: usize) -> Option<Handle<'_>>;
}

/// Where a row came from, by whichever of its handles knows.
pub(crate) fn home_of(row: &dyn Instance, meta: &'static ModelMeta) -> Option<Home> {
    (0..meta.slots).find_map(|slot| row.handle(slot)?.place?.group().home())
}

/// What a capture knows of a row, by whichever of its handles knows.
pub(crate) fn watch_of<'a>(row: &'a dyn Instance, meta: &'static ModelMeta) -> Option<&'a Arc<Watch>> {
    (0..meta.slots).find_map(|slot| row.handle(slot)?.place?.group().watch())
}

/// A relation handle of a row, without its type.
#[derive(Clone, Copy)]
pub struct Handle<'a> {
    /// The key a foreign key points at; none where it is NULL, and for every other relation.
    pub(crate) key: Option<KeyRef<'a>>,
    /// Where it keeps what it loads; none for a handle that never came from a database.
    pub(crate) place: Option<&'a Place>,
}

impl<'a> Handle<'a> {
    /// The key a foreign key points at.
    #[inline]
    pub fn key(self) -> Option<KeyRef<'a>> {
        self.key
    }
}

/// A cell of a group.
#[derive(Clone, Copy)]
pub struct Cell<'a> {
    pub(crate) group: &'a Group,
    pub(crate) slot: usize,
    pub(crate) row: u32,
}

impl Cell<'_> {
    /// Keeps what was loaded; the first to come stays.
    pub(crate) fn fill<X: Send + Sync + 'static>(self, value: X) {
        if let Some(cell) = self.group.cells::<X>(self.slot).and_then(|cells| cells.get(self.row as usize)) {
            let _ = cell.set(value);
        }
    }
}

/// Makes rows of one model.
pub trait Loader: Sync {
    /// The model.
    fn meta(&self) -> &'static ModelMeta;
    /// A sink for rows that are shared one by one: the targets of foreign keys.
    fn ones(&self) -> Box<dyn Sink>;
    /// A sink for rows that belong to `parents` parents: the targets of to-many relations.
    fn many(&self, parents: usize) -> Box<dyn Sink>;
    /// Decodes the one row there is in a group, and puts it into a to-one cell.
    ///
    /// # Errors
    ///
    /// A column is not what its field's type promises.
    fn fill_with(&self, cursor: &mut Cursor<'_>, group: &Group, cell: Cell<'_>) -> Result<(), Mismatch>;
    /// Says in a to-one cell that there is no row.
    fn fill_with_none(&self, cell: Cell<'_>);
    /// Whether a to-one cell has its answer.
    fn has_one(&self, group: &Group, slot: usize, row: u32) -> bool;
    /// Whether a to-many cell has its answer.
    fn has_many(&self, group: &Group, slot: usize, row: u32) -> bool;
    /// The row a to-one handle has already, if it has its answer.
    fn loaded_one<'a>(&self, place: &'a Place) -> Option<Option<&'a dyn Instance>>;
    /// The rows a to-many handle has already.
    fn loaded_many<'a>(&self, place: &'a Place) -> Option<Vec<&'a dyn Instance>>;
}

/// Rows of one model on their way to where they belong.
pub trait Sink {
    /// Decodes a row; with `many`, for the parent of this number.
    ///
    /// # Errors
    ///
    /// A column is not what its field's type promises.
    fn push(&mut self, cursor: &mut Cursor<'_>, parent: usize) -> Result<(), Mismatch>;
    /// How many rows there are.
    fn len(&self) -> usize;
    /// Ends the decoding and says in `group` which rows there are.
    fn seal(&mut self, group: &Group);
    /// The rows: one parent's after the other's, in the order they came.
    fn instances(&self) -> Vec<&dyn Instance>;
    /// Puts the row of this number into a to-one cell; `None` for no row.
    fn fill_one(&self, cell: Cell<'_>, row: Option<u32>);
    /// Puts the rows of this parent into a to-many cell.
    fn fill_many(&self, cell: Cell<'_>, parent: u32);
    /// Puts the row of each number into the to-one cells of a whole group.
    fn fill_group(&self, group: &Group, slot: usize, rows: &[Option<u32>]);
}
