//! Answers: what was computed from the database, and which tables it depends on.
//!
//! Comes in: a closure that reads. Goes out: what it returns, and an [`Answer`] that knows whether that is still what the
//! database says. While the closure runs, this thread collects what its statements touch (`touch.rs`); `fresh.rs` knows the
//! moments. The rows of an answer carry its number, so that what is loaded into them later becomes part of it.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use super::fresh::{Moment, Stamp, Touched, lock};
use super::{Database, Executor, Row, Standing};
use crate::error::{Error, Result};

/// Something that was computed from the database, and the tables it was computed from.
pub(crate) struct Answer {
    epoch: u64,
    tables: Mutex<Vec<(Stamp, u64)>>,
    /// The remembered answers it was computed from: what is loaded into their rows later counts for it too.
    parts: Vec<Arc<Answer>>,
    /// The moment before it was computed, for writes that may be of any table.
    clock: u64,
    /// How many threads load something more into its rows at this time.
    in_flux: AtomicUsize,
    is_dead: AtomicBool,
    bytes: AtomicUsize,
}

/// What a thread reads for an answer.
struct Collecting {
    database: usize,
    number: u32,
    touches: Vec<Arc<Touched>>,
    parts: Vec<Arc<Answer>>,
    volatile: Option<&'static str>,
    /// Part of it is an answer that may be old.
    is_passing: bool,
    bytes: usize,
}

thread_local! {
    static COLLECTING: RefCell<Vec<Collecting>> = const { RefCell::new(Vec::new()) };
}

/// Asks for what this thread collects. One that is ending, in the destructor of a value of its own, collects nothing.
fn collecting<T: Default>(ask: impl FnOnce(&mut Vec<Collecting>) -> T) -> T {
    COLLECTING.try_with(|open| ask(&mut open.borrow_mut())).unwrap_or_default()
}

/// A thread is collecting for as long as it lives.
struct Collection;

impl Collection {
    fn begin(database: usize, number: u32) -> Self {
        let (touches, parts) = (Vec::new(), Vec::new());
        let (volatile, is_passing, bytes) = (None, false, 0);
        collecting(|open| open.push(Collecting { database, number, touches, parts, volatile, is_passing, bytes }));
        Collection
    }

    fn end(self) -> Option<Collecting> {
        let collected = collecting(Vec::pop);
        std::mem::forget(self);
        collected
    }
}

impl Drop for Collection {
    fn drop(&mut self) {
        collecting(Vec::pop);
    }
}

const ANOTHER: &str = "it reads another database";

/// A statement ran on this thread, on this database, and touches this.
pub(super) fn collect(database: usize, touch: &Arc<Touched>, volatile: Option<&'static str>) {
    let writes = touch.touch.writes_all || !touch.touch.writes.is_empty();
    collecting(|open| {
        for collecting in open {
            let volatile = match collecting.database == database {
                true if writes => Some("it writes"),
                true => volatile.or(touch.touch.volatile),
                false => Some(ANOTHER),
            };
            collecting.volatile = collecting.volatile.or(volatile);
            if !collecting.touches.iter().any(|known| Arc::ptr_eq(known, touch)) {
                collecting.touches.push(Arc::clone(touch));
            }
        }
    });
}

/// Whether this thread collects. One that is ending, in the destructor of a value of its own, does not.
pub(super) fn is_collecting() -> bool {
    collecting(|open| !open.is_empty())
}

/// How an answer was come by.
pub(crate) enum Computed<T> {
    /// It may be remembered.
    Lasting(T, Arc<Answer>),
    /// It is right, and no more can be said of it.
    Passing(T),
}

impl Database {
    /// The number of the answer that this thread computes from this database, or 0.
    pub(crate) fn answer_under_way(&self) -> u32 {
        collecting(|open| {
            let open = open.iter().rev().find(|open| open.database == self.inner.id);
            open.map_or(0, |open| open.number)
        })
    }

    /// Weighs the rows of a statement that is part of an answer: each of a few, and of a long result every sixteenth, for sixteen.
    pub(super) fn weigh(count: u64, row: Row<'_>) {
        let times = match count {
            0..=8 => 1,
            12 | 16 => 4,
            _ if count.is_multiple_of(16) => 16,
            _ => return,
        };
        let bytes = row.weight().saturating_mul(times);
        collecting(|open| {
            for collecting in open {
                collecting.bytes += bytes;
            }
        });
    }

    /// Computes something, and notes what it is computed from: `tables`, and all that is read meanwhile by this thread.
    ///
    /// # Errors
    ///
    /// What `compute` returns; [`Error::NotCacheable`] where the answer is not a matter of tables only.
    pub(crate) fn compute<T>(&self, tables: &[&str], compute: impl FnOnce() -> Result<T>) -> Result<Computed<T>> {
        let fresh = &self.inner.fresh;
        let Some(moment) = fresh.moment(self) else { return compute().map(Computed::Passing) };
        let number = fresh.next.fetch_add(1, SeqCst);
        let collection = Collection::begin(self.inner.id, number);
        let value = compute()?;
        let Some(collected) = collection.end() else { return Ok(Computed::Passing(value)) };
        if let Some(reason) = collected.volatile {
            return Err(Error::NotCacheable { reason });
        }
        if collected.is_passing {
            return Ok(Computed::Passing(value));
        }
        let answer = Arc::new(Answer {
            epoch: moment.epoch,
            tables: Mutex::default(),
            parts: collected.parts,
            clock: moment.clock,
            in_flux: AtomicUsize::new(0),
            is_dead: AtomicBool::new(false),
            bytes: AtomicUsize::new(collected.bytes),
        });
        let named: Vec<Stamp> = tables.iter().map(|name| fresh.stamp(&name.to_ascii_lowercase())).collect();
        let read = collected.touches.iter().flat_map(|touch| &touch.stamps);
        answer.depend(named.iter().chain(read), moment.clock);
        let mut answers = lock(&fresh.answers);
        if answers.len() >= 1024 && answers.len().is_power_of_two() {
            answers.retain(|_, answer| answer.strong_count() > 0);
        }
        answers.insert(number, Arc::downgrade(&answer));
        drop(answers);
        self.used(&answer);
        Ok(Computed::Lasting(value, answer))
    }

    /// A remembered answer is made use of: what this thread computes at this time depends on it.
    pub(crate) fn used(&self, answer: &Arc<Answer>) {
        collecting(|open| {
            for collecting in open {
                if collecting.database != self.inner.id {
                    collecting.volatile = collecting.volatile.or(Some(ANOTHER));
                } else if !collecting.parts.iter().any(|part| Arc::ptr_eq(part, answer)) {
                    collecting.parts.push(Arc::clone(answer));
                }
            }
        });
    }

    /// An answer that may be old is made use of: what this thread computes at this time is not fresh for any time.
    pub(crate) fn used_old() {
        collecting(|open| open.iter_mut().for_each(|collecting| collecting.is_passing = true));
    }

    /// Computes something, and says about how many bytes it was computed from.
    ///
    /// # Errors
    ///
    /// What `compute` returns.
    pub(crate) fn weighed<T>(&self, compute: impl FnOnce() -> Result<T>) -> Result<(T, usize)> {
        let collection = Collection::begin(self.inner.id, 0);
        let value = compute()?;
        Ok((value, collection.end().map_or(0, |collected| collected.bytes)))
    }

    /// Whether an answer is what the database says now.
    pub(crate) fn is_fresh(&self, answer: &Answer) -> bool {
        let fresh = &self.inner.fresh;
        answer.is_untouched(fresh.all.load(SeqCst)) && fresh.epoch(self) == Some(answer.epoch)
    }

    /// Loads something more into the rows of the answers of these numbers, so that they are fresh only as long as that is.
    ///
    /// `is_now` says whether what is loaded is what the database says now, and not what it said when a snapshot began.
    fn extend(&self, numbers: &[u32], is_now: bool, load: impl FnOnce() -> Result<()>) -> Result<()> {
        struct Flux(Vec<Arc<Answer>>, bool);
        impl Drop for Flux {
            fn drop(&mut self) {
                for answer in &self.0 {
                    if !self.1 {
                        answer.is_dead.store(true, SeqCst);
                    }
                    answer.in_flux.fetch_sub(1, SeqCst);
                }
            }
        }
        let fresh = &self.inner.fresh;
        let answers: Vec<Arc<Answer>> = {
            let known = lock(&fresh.answers);
            numbers.iter().filter_map(|number| known.get(number)?.upgrade()).collect()
        };
        if answers.is_empty() {
            return load();
        }
        for answer in &answers {
            answer.in_flux.fetch_add(1, SeqCst);
        }
        let mut flux = Flux(answers, false);
        let is_current = |moment: &Moment| is_now && flux.0.iter().all(|answer| answer.epoch == moment.epoch);
        let Some(moment) = fresh.moment(self).filter(is_current) else { return load() };
        let collection = Collection::begin(self.inner.id, numbers.first().copied().unwrap_or(0));
        let outcome = load();
        if let Some(collected) = collection.end()
            && collected.volatile.is_none()
        {
            for answer in &flux.0 {
                let read = collected.touches.iter().flat_map(|touch| &touch.stamps);
                answer.depend(read, moment.clock);
                answer.bytes.fetch_add(collected.bytes, SeqCst);
            }
            flux.1 = true;
        }
        outcome
    }
}

/// Loads something more into rows that are part of these remembered answers, if they are part of any.
///
/// # Errors
///
/// What `load` returns; [`Error::Misuse`] in a transaction that has written: others share the rows, and would see what is
/// not committed.
pub(crate) fn on_behalf(db: &dyn Executor, answers: &[u32], load: impl FnOnce() -> Result<()>) -> Result<()> {
    let standing = db.standing();
    if answers.is_empty() {
        load()
    } else if standing == Standing::Transaction && db.database().has_written() {
        Err(Error::misuse(
            "a relation of a cached row is not loaded in a transaction that has written: others share the row",
        ))
    } else {
        db.database().extend(answers, standing != Standing::Snapshot, load)
    }
}

impl Answer {
    /// Whether this handle has written nothing since that it was computed from, `all` being the stamp of every table.
    fn is_untouched(&self, all: u64) -> bool {
        self.in_flux.load(SeqCst) == 0
            && !self.is_dead.load(SeqCst)
            && all <= self.clock
            && lock(&self.tables).iter().all(|(stamp, at)| stamp.load(SeqCst) <= *at)
            && self.parts.iter().all(|part| part.epoch == self.epoch && part.is_untouched(all))
    }

    fn depend<'s>(&self, tables: impl Iterator<Item = &'s Stamp>, at: u64) {
        let mut known = lock(&self.tables);
        for stamp in tables {
            match known.iter_mut().find(|(other, _)| Arc::ptr_eq(other, stamp)) {
                // What was read first is what counts.
                Some((_, before)) => *before = (*before).min(at),
                None => known.push((Arc::clone(stamp), at)),
            }
        }
    }

    /// About how many bytes its rows are.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(SeqCst)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.is_dead.store(true, SeqCst);
    }
}
