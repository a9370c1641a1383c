//! The group: the rows of one result, and whatever is loaded for them.
//!
//! A relation handle holds no rows. It knows its [`Place`]: the group of the result it came from, its row in it, and
//! its slot among the model's relations. Whoever loads a relation, eagerly or on first touch, fills the cells of the
//! group; a handle reads its own cell. So eager and lazy loading are one mechanism at two times, an untouched relation
//! costs its place and nothing else, and clones of a row share what either of them loads.
//!
//! Cells are untyped here (`dyn Any`): with typed cells, proving that one model is `Send` walks the whole graph of
//! relations, and a ring of 16 models overflows the compiler's recursion limit in the user's crate.

mod counted;
mod cursor;
mod loader;
mod members;
mod returned;
mod shared;

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

pub use counted::{GroupRef, Mint};
pub use cursor::{At, Cursor, Layout};
pub use loader::{Cell, Handle, Instance, Loader, Sink};
pub(crate) use loader::{home_of, watch_of};
pub use members::Members;
pub use returned::Returned;
pub use shared::{Shared, SharedRows};

use crate::db::{Home, Watch};
use crate::meta::{ModelMeta, RelationMeta};
use crate::value::{KeyRef, Mismatch, Value};

/// What a to-many relation's cell holds.
pub(crate) type ManyCell<T> = SharedRows<T>;
/// What a to-one relation's cell holds; `None` where there is no such row.
pub(crate) type OneCell<T> = Option<Shared<T>>;
/// What a deferred column's cell holds; `None` where the row is gone.
pub(crate) type ColumnCell<T> = Option<T>;

/// One slot of a group.
#[derive(Default)]
struct SlotState {
    /// One cell for each row: a `Vec<OnceLock<X>>`, made when the first is needed.
    cells: OnceLock<Box<dyn Any + Send + Sync>>,
    /// Held while a batch is loaded into the cells, so that two threads that ask at once cause one statement. It is
    /// taken after a connection is in hand, never before: whoever holds it waits for nobody.
    gate: Mutex<()>,
}

/// The rows of one result: their keys, and what was loaded for them. Holds none of the rows themselves.
pub struct Group {
    meta: Option<&'static ModelMeta>,
    /// None for a group that belongs to no result.
    home: Option<Home>,
    /// Set when the last row of the result is decoded, before the caller sees the first; in a group that grows, when
    /// somebody asks for them.
    members: OnceLock<Members>,
    /// One per slot of the model, made when the first is needed.
    slots: OnceLock<Box<[SlotState]>>,
    /// What the group of a row that was looked up has none of: there are many of those, each with memory of its own.
    rare: Option<Box<Rare>>,
}

/// What some groups know besides.
#[derive(Default)]
struct Rare {
    /// When it was read, if all rows of the table were in it.
    whole: Option<Instant>,
    /// Who is in a group that grows, as long as nobody has asked.
    growing: Mutex<Option<Members>>,
    /// Inside of a capture: who reads what.
    watch: Option<Arc<Watch>>,
}

/// How long all rows of a table are taken for all of them.
const JUST_NOW: Duration = Duration::from_secs(2);
/// How much longer for each row: ten times what it takes to read it.
const EACH: Duration = Duration::from_micros(10);

impl Group {
    /// The group of a result that is about to be read.
    #[inline]
    pub(crate) fn open(meta: &'static ModelMeta, home: Home, watch: Option<Arc<Watch>>) -> Mint {
        Self::open_of(meta, home, false, watch)
    }

    /// The group of a result that is about to be read, and whether it has all rows of the table.
    pub(crate) fn open_of(meta: &'static ModelMeta, home: Home, whole: bool, watch: Option<Arc<Watch>>) -> Mint {
        let rare = (whole || watch.is_some())
            .then(|| Box::new(Rare { whole: whole.then(Instant::now), watch, ..Rare::default() }));
        Mint::new(Group::new(Some(meta), Some(home), rare))
    }

    /// The group of rows that are handed out while others are still to come: whoever is first to ask for a relation of
    /// one of them ends it, and the rows after that belong to another one.
    pub(crate) fn open_growing(meta: &'static ModelMeta, home: Home, watch: Option<Arc<Watch>>) -> Mint {
        let rare = Rare { growing: Mutex::new(Some(Members::new(meta))), watch, ..Rare::default() };
        Mint::new(Group::new(Some(meta), Some(home), Some(Box::new(rare))))
    }

    /// A group of one row that belongs to no result, with one slot: where a handle made by hand keeps what it loads.
    fn of_nothing() -> Self {
        let group = Group::new(None, None, None);
        group.seal(Members::of_one(KeyRef::Int(0)));
        group
    }

    #[inline]
    fn new(meta: Option<&'static ModelMeta>, home: Option<Home>, rare: Option<Box<Rare>>) -> Self {
        Group { meta, home, members: OnceLock::new(), slots: OnceLock::new(), rare }
    }

    /// Says which rows there are. From now on cells can be made.
    pub(crate) fn seal(&self, members: Members) {
        let _ = self.members.set(members);
    }

    /// Takes one row more into a group that grows. Says whether it does still.
    #[inline]
    pub(crate) fn grow(&self, row: impl FnOnce(&mut Members)) -> bool {
        let Some(rare) = &self.rare else { return false };
        match &mut *rare.growing.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(members) => {
                row(members);
                true
            }
            None => false,
        }
    }

    /// Whether all rows are known and there are none. (In one that grows there are some.)
    pub(crate) fn has_no_rows(&self) -> bool {
        self.members.get().is_some_and(|members| members.len() == 0)
    }

    /// Whether anything was loaded for its rows, or asked for.
    pub(crate) fn is_asked(&self) -> bool {
        self.slots.get().is_some()
    }

    /// Who is in it. A group that grows does so no more.
    #[inline]
    fn members(&self) -> Option<&Members> {
        match self.members.get() {
            Some(members) => Some(members),
            None => self.end_growing(),
        }
    }

    #[cold]
    fn end_growing(&self) -> Option<&Members> {
        // Held until they are where everybody finds them, or else who comes second would find none.
        let mut growing = self.rare.as_ref()?.growing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(members) = growing.take() {
            self.seal(members);
        }
        self.members.get()
    }

    pub(crate) fn meta(&self) -> Option<&'static ModelMeta> {
        self.meta
    }

    pub(crate) fn home(&self) -> Option<Home> {
        self.home
    }

    /// Whether so many of its rows are still about all rows of their table. Others may write while they are held, and what
    /// hangs on them would be looked for among rows that came since: so this is said of rows that were read just now, a
    /// while longer if there are many.
    pub(crate) fn is_all(&self, rows: usize) -> bool {
        let lately =
            |read: Instant| read.elapsed() < JUST_NOW + EACH.saturating_mul(u32::try_from(rows).unwrap_or(u32::MAX));
        rows == self.len() && self.rare.as_ref().and_then(|rare| rare.whole).is_some_and(lately)
    }

    /// The key of a row.
    pub(crate) fn key(&self, row: u32) -> Option<KeyRef<'_>> {
        self.members()?.get(row as usize, 0)
    }

    #[inline]
    pub(crate) fn watch(&self) -> Option<&Arc<Watch>> {
        self.rare.as_ref()?.watch.as_ref()
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.members().map_or(0, Members::len)
    }

    /// The key that a foreign key of a row points at; none or another row's where this one's is NULL, and nobody will ask.
    pub(crate) fn foreign_key(&self, slot: usize, row: usize) -> Option<KeyRef<'_>> {
        self.key_in(self.column(slot)?, row)
    }

    /// Which of a row's keys is that of the foreign key in a slot. The row's own is the first.
    pub(crate) fn column(&self, slot: usize) -> Option<usize> {
        Some(self.members()?).filter(|members| members.has_foreign_keys())?;
        members::column(self.meta?, slot)
    }

    /// One key of a row.
    #[inline]
    pub(crate) fn key_in(&self, column: usize, row: usize) -> Option<KeyRef<'_>> {
        self.members()?.get(row, column)
    }

    fn slot(&self, slot: usize) -> Option<&SlotState> {
        let count = self.meta.map_or(1, |meta| meta.slots);
        self.slots.get_or_init(|| std::iter::repeat_with(SlotState::default).take(count).collect()).get(slot)
    }

    /// Waits until nobody else loads a batch into this slot, and keeps everybody else from it.
    pub(crate) fn gate(&self, slot: usize) -> Option<MutexGuard<'_, ()>> {
        Some(self.slot(slot)?.gate.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The cells of a slot, made if they are not there yet.
    pub(crate) fn cells<X: Send + Sync + 'static>(&self, slot: usize) -> Option<&[OnceLock<X>]> {
        let cells = self.slot(slot)?.cells.get_or_init(|| {
            let cells: Vec<OnceLock<X>> = std::iter::repeat_with(OnceLock::new).take(self.len()).collect();
            Box::new(cells)
        });
        cells.downcast_ref::<Vec<OnceLock<X>>>().map(Vec::as_slice)
    }

    /// What a cell holds, if anything was ever loaded into its slot.
    pub(crate) fn peek<X: 'static>(&self, slot: usize, row: u32) -> Option<&X> {
        let cells = self.slots.get()?.get(slot)?.cells.get()?;
        cells.downcast_ref::<Vec<OnceLock<X>>>()?.get(row as usize)?.get()
    }
}

thread_local! {
    /// What groups that are being dropped have loaded, where the thread is dropping one already.
    static DROPPED: RefCell<Option<Vec<Box<[SlotState]>>>> = const { RefCell::new(None) };
}

/// What the groups of threads that are ending have loaded, and whether somebody is dropping it.
static LATE: Mutex<(bool, Vec<Box<[SlotState]>>)> = Mutex::new((false, Vec::new()));

impl Drop for Group {
    /// One after the other, and not one inside of the other: a row that was reached along a chain of ten thousand lazy
    /// loads is held by the row before, and dropping it by recursion would overflow the stack.
    fn drop(&mut self) {
        let Some(slots) = self.slots.take() else { return };
        let mut slots = Some(slots);
        let is_outermost = DROPPED.try_with(|dropped| match &mut *dropped.borrow_mut() {
            Some(waiting) => {
                waiting.extend(slots.take());
                false
            }
            none => {
                *none = Some(Vec::new());
                true
            }
        });
        match is_outermost {
            Ok(false) => {}
            Ok(true) => {
                let _done = Done;
                while let Some(next) =
                    slots.take().or_else(|| DROPPED.with_borrow_mut(|dropped| dropped.as_mut()?.pop()))
                {
                    drop(next);
                }
            }
            // The thread is ending, and its list is gone.
            Err(_) => drop_late(slots),
        }
    }
}

/// The thread drops no group any more, also where one of its rows panicked.
struct Done;

impl Drop for Done {
    fn drop(&mut self) {
        let rest = DROPPED.try_with(|dropped| dropped.borrow_mut().take());
        drop(rest);
    }
}

fn drop_late(slots: Option<Box<[SlotState]>>) {
    /// Lets the next one drop what is there, also where a row panicked.
    struct Next;
    impl Drop for Next {
        fn drop(&mut self) {
            LATE.lock().unwrap_or_else(PoisonError::into_inner).0 = false;
        }
    }
    {
        let mut late = LATE.lock().unwrap_or_else(PoisonError::into_inner);
        late.1.extend(slots);
        if std::mem::replace(&mut late.0, true) {
            return;
        }
    }
    let _next = Next;
    while let Some(next) = { LATE.lock().unwrap_or_else(PoisonError::into_inner).1.pop() } {
        drop(next);
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
    group: GroupRef,
    row: u32,
    slot: u16,
}

impl Place {
    #[inline]
    pub(crate) fn new(group: &Mint, row: u32, slot: usize) -> Self {
        // A struct of more than 65,535 fields does not compile.
        Place { group: group.reference(), row, slot: u16::try_from(slot).unwrap_or(u16::MAX) }
    }

    /// A place of its own, for a handle that came from no result.
    pub(crate) fn solo() -> Self {
        Place { group: GroupRef::new(Group::of_nothing()), row: 0, slot: 0 }
    }

    pub(crate) fn group(&self) -> &GroupRef {
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

    /// The name of the field it belongs to.
    pub(crate) fn slot_name(&self) -> Option<&'static str> {
        self.group.meta?.slot_names.get(self.slot()).copied()
    }

    /// The relation it belongs to; none for a deferred column or a slot, and where there is no model.
    pub(crate) fn relation(&self) -> Option<&'static RelationMeta> {
        self.group.meta?.relation_in(self.slot())
    }

    pub(crate) fn row(&self) -> u32 {
        self.row
    }

    pub(crate) fn cell(&self) -> Cell<'_> {
        Cell { group: &self.group, slot: self.slot(), row: self.row }
    }

    /// What was loaded, if it was, for somebody who reads it.
    #[inline]
    pub(crate) fn read<X: 'static>(&self) -> Option<&X> {
        if let Some(watch) = self.group.watch() {
            watch.read(self.slot());
        }
        self.peek()
    }

    /// What was loaded, if it was.
    #[inline]
    pub(crate) fn peek<X: 'static>(&self) -> Option<&X> {
        self.group.peek(self.slot(), self.row)
    }

    /// Leaves what was loaded to the clones: from now on this handle keeps for itself what it loads.
    pub(crate) fn leave(&mut self) {
        let group = match (self.group.meta, self.group.home, self.group.key(self.row)) {
            (Some(meta), Some(home), Some(key)) => {
                let group = Group::open(meta, home, self.group.watch().map(|watch| watch.leaving(meta)));
                group.seal(Members::of_one(key));
                group.reference()
            }
            _ => GroupRef::new(Group::of_nothing()),
        };
        *self = Place { group, row: 0, slot: self.slot };
    }
}

/// The row of a group that a model is made for, when it does not come from a query.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    group: &'a Mint,
    row: u32,
    returned: &'a Returned,
}

impl<'a> Origin<'a> {
    pub(crate) fn new(group: &'a Mint, row: u32) -> Self {
        Origin { group, row, returned: Returned::nothing() }
    }

    /// The same, of a row for which the database has computed something.
    pub(crate) fn with(self, returned: &'a Returned) -> Self {
        Origin { returned, ..self }
    }

    /// What the database has computed for a column.
    ///
    /// # Errors
    ///
    /// It is not what the field's type promises.
    pub fn returned<T: Value>(self, column: usize) -> Result<T::Out, Mismatch> {
        self.returned.value::<T>(column)
    }

    /// The place of one of its handles.
    #[inline]
    pub fn place(self, slot: usize) -> Place {
        Place::new(self.group, self.row, slot)
    }
}
