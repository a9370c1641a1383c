//! References to a group, counted: the one room with unsafe code.
//!
//! Every handle of every row refers to its group. With `Arc` a handle costs two atomic operations, made and dropped:
//! 13 ns, which for three relations is 6 % of loading a row, and nobody may ever touch one of them. Here
//!
//! * references are *minted*: a [`Mint`] adds some thousands to the count at once and hands them out one by one;
//! * a thread that drops one reference after the other into the same group (it drops rows) *collects* them, and takes
//!   them off the count together: when it meets another group, when it ends, or as soon as nobody else has any.
//!
//! That is a nanosecond a handle (`benches/peers.rs`). The price: where several threads drop rows of one result, what was loaded
//! for them may live until every one of these threads has dropped a row of another result, or has ended. The count never reads
//! less than there are references, so a group is never dropped while one is there.

#![allow(unsafe_code, reason = "two nanoseconds a handle instead of thirteen; see above")]

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering, fence};

use super::Group;

/// A group and how many references to it there are.
struct Counted {
    /// Those that are alive, those a mint has not handed out yet, and those a thread has collected.
    references: AtomicUsize,
    group: Group,
}

/// A reference to a group, which lives as long as one of them does.
pub struct GroupRef(NonNull<Counted>);

const fn can_be_shared<T: Send + Sync>() {}
const _: () = can_be_shared::<Group>();

// SAFETY: a reference gives `&Group` and, to the last one of all threads, the group itself, which may be dropped by any
// thread: both are sound where `Group` is `Send` and `Sync`, which the line above has the compiler check.
unsafe impl Send for GroupRef {}
// SAFETY: as above; `&GroupRef` gives `&Group`, and more references.
unsafe impl Sync for GroupRef {}

impl GroupRef {
    #[inline]
    pub(super) fn new(group: Group) -> Self {
        GroupRef(NonNull::from(Box::leak(Box::new(Counted { references: AtomicUsize::new(1), group }))))
    }

    fn counted(&self) -> &Counted {
        // SAFETY: the pointer comes from a leaked box, and the box is taken back only when no reference is left; `self`
        // is one.
        unsafe { self.0.as_ref() }
    }

    /// Adds to the count. More references than there is memory for handles are a count gone wrong: `Arc` aborts too.
    fn add(&self, references: usize) {
        if self.counted().references.fetch_add(references, Ordering::Relaxed) > usize::MAX / 2 {
            std::process::abort();
        }
    }
}

impl Deref for GroupRef {
    type Target = Group;
    #[inline]
    fn deref(&self) -> &Group {
        &self.counted().group
    }
}

impl Clone for GroupRef {
    fn clone(&self) -> Self {
        self.add(1);
        GroupRef(self.0)
    }
}

impl Drop for GroupRef {
    #[inline]
    fn drop(&mut self) {
        if OF.get() == self.0.as_ptr() {
            let references = REFERENCES.get() + 1;
            REFERENCES.set(references);
            // Nobody else has one. (If this read is late, there are fewer by now, and they are all in other threads'
            // collections or alive: whoever gives back last sees it.)
            if self.counted().references.load(Ordering::Relaxed) == references {
                give_back_collected();
            }
        } else {
            collect_first(self.0);
        }
    }
}

// The references of one group that this thread has dropped and not yet taken off the count. Neither has a destructor, so
// that to reach them is one instruction; `END` has one for them.
thread_local! {
    /// Which group; null for none.
    static OF: Cell<*mut Counted> = const { Cell::new(ptr::null_mut()) };
    /// How many.
    static REFERENCES: Cell<usize> = const { Cell::new(0) };
    static END: End = const { End };
}

/// Gives back what a thread has collected when it ends.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        give_back_collected();
    }
}

/// Collects the first reference to another group than that of the reference that was dropped before.
#[cold]
fn collect_first(reference: NonNull<Counted>) {
    // What is dropped with a group may be references too, and be collected in its place.
    while !OF.get().is_null() {
        give_back_collected();
    }
    // The thread is ending, and nobody would give back what it collects from now on.
    if END.try_with(|_| ()).is_err() {
        return give_back(reference, 1);
    }
    OF.set(reference.as_ptr());
    REFERENCES.set(1);
    // SAFETY: the reference is on the count, so the box is there.
    if unsafe { reference.as_ref() }.references.load(Ordering::Relaxed) == 1 {
        give_back_collected();
    }
}

#[cold]
fn give_back_collected() {
    let (of, references) = (OF.replace(ptr::null_mut()), REFERENCES.replace(0));
    if let Some(of) = NonNull::new(of) {
        give_back(of, references);
    }
}

/// Takes references off the count, each of which was dropped and is given back once; the last drops the group.
fn give_back(counted: NonNull<Counted>, references: usize) {
    // SAFETY: as long as these references are on the count, the box is there.
    let count = unsafe { &counted.as_ref().references };
    // As `Arc` does it: what any thread did with the group happened before it is dropped.
    if count.fetch_sub(references, Ordering::Release) == references {
        fence(Ordering::Acquire);
        // SAFETY: these were the last, so nobody has a pointer to the box any more, and it was leaked by `GroupRef::new`.
        drop(unsafe { Box::from_raw(counted.as_ptr()) });
    }
}

/// A reference that makes others without counting each of them: one for each handle of a result that is being read.
pub struct Mint {
    group: ManuallyDrop<GroupRef>,
    /// On the count already, and not handed out yet.
    left: Cell<usize>,
}

/// How many references are added to the count at once.
const BATCH: usize = 4096;

impl Mint {
    #[inline]
    pub(super) fn new(group: Group) -> Self {
        Mint { group: ManuallyDrop::new(GroupRef::new(group)), left: Cell::new(0) }
    }

    /// A reference more.
    #[inline]
    pub(super) fn reference(&self) -> GroupRef {
        if self.left.get() == 0 {
            self.group.add(BATCH);
            self.left.set(BATCH);
        }
        self.left.set(self.left.get() - 1);
        GroupRef(self.group.0)
    }
}

impl Deref for Mint {
    type Target = GroupRef;
    #[inline]
    fn deref(&self) -> &GroupRef {
        &self.group
    }
}

impl Drop for Mint {
    fn drop(&mut self) {
        // What this thread has collected of the group: these may be all others there are, and nothing else would tell.
        if OF.get() == self.group.0.as_ptr() {
            give_back_collected();
        }
        // Not collected: the rows are often dropped by another thread, which then has the last of them.
        give_back(self.group.0, self.left.get() + 1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::{BATCH, GroupRef, Mint};
    use crate::group::Group;

    /// A mint of a group that counts when it is dropped.
    fn mint() -> (Mint, Arc<AtomicUsize>) {
        struct Told(Arc<AtomicUsize>);
        impl Drop for Told {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let dropped = Arc::new(AtomicUsize::new(0));
        let group = Group::of_nothing();
        let told = Told(Arc::clone(&dropped));
        let filled = group.cells::<Told>(0).and_then(|cells| cells.first()).map(|cell| cell.set(told).is_ok());
        assert_eq!(filled, Some(true));
        (Mint::new(group), dropped)
    }

    fn count(reference: &GroupRef) -> usize {
        reference.counted().references.load(Ordering::SeqCst)
    }

    #[test]
    fn a_group_is_dropped_with_its_last_reference_and_not_before() {
        let (mint, dropped) = mint();
        let references: Vec<GroupRef> = (0..BATCH + 7).map(|_| mint.reference()).collect();
        drop(mint);
        let last = references.last().cloned();
        drop(references);
        assert_eq!(dropped.load(Ordering::SeqCst), 0);
        assert!(last.as_ref().is_some_and(|last| count(last) >= 1));
        drop(last);
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn references_of_several_groups_in_turn() {
        let made: Vec<_> = (0..5).map(|_| mint()).collect();
        let references: Vec<GroupRef> =
            (0..100).filter_map(|number| made.get(number % 5)).map(|(mint, _)| mint.reference()).collect();
        let dropped: Vec<_> = made.into_iter().map(|(_, dropped)| dropped).collect();
        assert!(dropped.iter().all(|dropped| dropped.load(Ordering::SeqCst) == 0));
        drop(references);
        assert!(dropped.iter().all(|dropped| dropped.load(Ordering::SeqCst) == 1));
    }

    #[test]
    fn what_is_dropped_with_a_group_may_be_references_to_others() {
        let (inner, inner_dropped) = mint();
        let (other, other_dropped) = mint();
        let (outer, outer_dropped) = mint();
        {
            let held: Vec<GroupRef> = vec![inner.reference(), other.reference(), inner.reference(), inner.reference()];
            let group = Group::of_nothing();
            let cells = group.cells::<Vec<GroupRef>>(0).and_then(|cells| cells.first());
            assert!(cells.is_some_and(|cell| cell.set(held).is_ok()));
            drop((inner, other));
            let holder = Mint::new(group);
            // A drop of the holder's last reference, between drops of another group's.
            let between = vec![outer.reference(), holder.reference(), outer.reference()];
            drop(holder);
            drop(between);
        }
        drop(outer);
        // The last reference to `outer` is collected still: one to another group gives it back.
        drop(mint().0.reference());
        let dropped = [inner_dropped, other_dropped, outer_dropped];
        assert!(dropped.iter().all(|dropped| dropped.load(Ordering::SeqCst) == 1), "{dropped:?}");
    }

    #[test]
    fn threads_that_drop_a_part_each_drop_the_group_when_the_last_ends() {
        for round in 0..200 {
            let (mint, dropped) = mint();
            let part = |part: usize| {
                let references: Vec<GroupRef> = (0..=round * part).map(|_| mint.reference()).collect();
                thread::spawn(move || {
                    let clones: Vec<GroupRef> = references.iter().map(GroupRef::clone).collect();
                    drop(references);
                    drop(clones);
                })
            };
            let threads: Vec<_> = (0..4).map(part).collect();
            drop(mint);
            assert!(threads.into_iter().all(|thread| thread.join().is_ok()));
            assert_eq!(dropped.load(Ordering::SeqCst), 1, "round {round}");
        }
    }
}
