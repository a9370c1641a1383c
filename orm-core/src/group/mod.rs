//! The group: the rows of one result, and whatever is loaded for them.
//!
//! A relation handle holds no rows. It knows its [`Place`]: the group of the result it came from, its row in it, and
//! its slot among the model's relations. Whoever loads a relation, eagerly or on first touch, fills the cells of the
//! group; a handle reads its own cell. So eager and lazy loading are one mechanism at two times, an untouched relation
//! costs its place and nothing else, and clones of a row share what either of them loads.
//!
//! Cells are untyped here (`dyn Any`): with typed cells, proving that one model is `Send` walks the whole graph of
//! relations, and a ring of 16 models overflows the compiler's recursion limit in the user's crate.

mod cursor;
mod loader;
mod shared;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

pub use cursor::{Cursor, Layout};
pub use loader::{Handle, Instance, Loader, Sink};
pub use shared::Shared;

use crate::db::FetchMode;
use crate::meta::ModelMeta;
use crate::value::{KeyList, KeyRef};

/// What a to-many relation's cell holds.
pub(crate) type ManyCell<T> = Shared<[T]>;
/// What a to-one relation's cell holds; `None` where there is no such row.
pub(crate) type OneCell<T> = Option<Shared<T>>;

/// The cells of one slot, one for each row: a `Vec<OnceLock<X>>`, made when the first is needed.
type SlotCells = OnceLock<Box<dyn Any + Send + Sync>>;

/// The rows of one result: their keys, and what was loaded for them. Holds none of the rows themselves.
pub struct Group {
    meta: Option<&'static ModelMeta>,
    mode: FetchMode,
    /// Set when the last row of the result is decoded, before the caller sees the first.
    keys: OnceLock<KeyList>,
    /// One per slot of the model, made when the first is needed.
    slots: OnceLock<Box<[SlotCells]>>,
}

impl Group {
    /// The group of a result that is about to be read.
    pub(crate) fn new(meta: &'static ModelMeta, mode: FetchMode) -> Arc<Self> {
        Arc::new(Group { meta: Some(meta), mode, keys: OnceLock::new(), slots: OnceLock::new() })
    }

    /// A group of one row that belongs to no result, with one slot: where a handle made by hand keeps what it loads.
    fn solo() -> Arc<Self> {
        let keys = OnceLock::from(KeyList::Int(vec![0]));
        Arc::new(Group { meta: None, mode: FetchMode::One, keys, slots: OnceLock::new() })
    }

    /// Says which rows there are. From now on cells can be made.
    pub(crate) fn seal(&self, keys: KeyList) {
        let _ = self.keys.set(keys);
    }

    pub(crate) fn meta(&self) -> Option<&'static ModelMeta> {
        self.meta
    }

    pub(crate) fn mode(&self) -> FetchMode {
        self.mode
    }

    /// The key of a row.
    pub(crate) fn key(&self, row: u32) -> Option<KeyRef<'_>> {
        self.keys.get()?.get(row as usize)
    }

    /// The cells of a slot, made if they are not there yet.
    pub(crate) fn cells<X: Send + Sync + 'static>(&self, slot: usize) -> Option<&[OnceLock<X>]> {
        let count = self.meta.map_or(1, |meta| meta.slots);
        let slots = self.slots.get_or_init(|| std::iter::repeat_with(OnceLock::new).take(count).collect());
        let rows = self.keys.get().map_or(0, KeyList::len);
        let cells = slots.get(slot)?.get_or_init(|| {
            let cells: Vec<OnceLock<X>> = std::iter::repeat_with(OnceLock::new).take(rows).collect();
            Box::new(cells)
        });
        cells.downcast_ref::<Vec<OnceLock<X>>>().map(Vec::as_slice)
    }

    /// What a cell holds, if anything was ever loaded into its slot.
    fn peek<X: 'static>(&self, slot: u16, row: u32) -> Option<&X> {
        let cells = self.slots.get()?.get(usize::from(slot))?.get()?;
        cells.downcast_ref::<Vec<OnceLock<X>>>()?.get(row as usize)?.get()
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("model", &self.meta.map(|meta| meta.name)).finish_non_exhaustive()
    }
}

/// Where a handle keeps what it loads: a cell of a group.
#[derive(Clone)]
pub struct Place {
    group: Arc<Group>,
    row: u32,
    slot: u16,
}

impl Place {
    pub(crate) fn new(group: &Arc<Group>, row: u32, slot: usize) -> Self {
        // A struct of more than 65,535 fields does not compile.
        Place { group: Arc::clone(group), row, slot: u16::try_from(slot).unwrap_or(u16::MAX) }
    }

    /// A place of its own, for a handle that came from no result.
    pub(crate) fn solo() -> Self {
        Place { group: Group::solo(), row: 0, slot: 0 }
    }

    pub(crate) fn group(&self) -> &Arc<Group> {
        &self.group
    }

    /// The key of the row this handle belongs to.
    pub(crate) fn key(&self) -> Option<KeyRef<'_>> {
        self.group.meta?;
        self.group.key(self.row)
    }

    pub(crate) fn slot(&self) -> usize {
        usize::from(self.slot)
    }

    /// What was loaded, if it was.
    #[inline]
    pub(crate) fn peek<X: 'static>(&self) -> Option<&X> {
        self.group.peek(self.slot, self.row)
    }

    /// Keeps what was loaded; the first to come stays.
    pub(crate) fn fill<X: Send + Sync + 'static>(&self, value: X) -> Option<&X> {
        let cell = self.group.cells::<X>(self.slot())?.get(self.row as usize)?;
        Some(cell.get_or_init(|| value))
    }
    /// Leaves what was loaded to the clones: from now on this handle keeps for itself what it loads.
    pub(crate) fn leave(&mut self) {
        let group = match (self.group.meta, self.group.key(self.row)) {
            (Some(meta), Some(key)) => {
                let group = Group::new(meta, self.group.mode);
                let mut keys = KeyList::Empty;
                keys.push(key);
                group.seal(keys);
                group
            }
            _ => Group::solo(),
        };
        *self = Place { group, row: 0, slot: self.slot };
    }
}

/// The row of a group that a model is made for, when it does not come from a query.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    group: &'a Arc<Group>,
    row: u32,
}

impl<'a> Origin<'a> {
    pub(crate) fn new(group: &'a Arc<Group>, row: u32) -> Self {
        Origin { group, row }
    }

    /// The place of one of its handles.
    pub fn place(self, slot: usize) -> Place {
        Place::new(self.group, self.row, slot)
    }
}
