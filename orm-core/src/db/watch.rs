//! What a capture knows of one group.
//!
//! Inside a capture each group has a [`Watch`] that remembers where its query was written, which relations led to it, and
//! which of its relations and deferred columns were read. Outside of one there is none, and nothing is remembered. What
//! the report makes of it is in `seen.rs`.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::Database;
use super::written::closure_of;
use crate::meta::{ModelMeta, RelationMeta};

/// What a capture knows of one group.
pub(crate) struct Watch {
    /// The model of the query.
    pub(super) root: &'static str,
    /// The relations that lead from there to the group.
    pub(super) path: Vec<&'static str>,
    /// How many of these lead to the last rows that a statement of their own has loaded, and the model of those.
    batched: (usize, &'static str),
    /// The same, of the last rows in a slot: what is said of them is said in the prefetch that goes there.
    pub(super) slotted: (usize, &'static str),
    /// How many of these lead to the rows of the last relation to many.
    many: usize,
    /// The line of the query, or of the `prefetch_related_objects`.
    pub(super) at: &'static Location<'static>,
    /// The same for all rows that one run of the query has led to.
    result: Arc<()>,
    /// It began with rows in hand, and not with a query.
    pub(super) is_in_hand: bool,
    /// The query ran before the capture began, and what led from it to this group is not known.
    pub(super) is_outside: bool,
    /// Its rows belong to no result of several rows.
    is_single: bool,
    /// It has left its peers, by a write or by `refresh`: each such row loads for itself.
    alone: OnceLock<Alone>,
    /// The statement is the user's own.
    is_raw: bool,
    read: Arc<[AtomicBool]>,
}

/// A row that has left its peers.
#[derive(Clone)]
struct Alone {
    /// The result it was of.
    result: Arc<()>,
    /// How many relations of the path lead to it, and its model.
    start: (usize, &'static str),
}

/// How a group came from another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// In the same statement.
    Join,
    /// By a statement of its own.
    Batch,
    /// By a statement of its own, into this slot, which stands for the relation in the path.
    Slot(&'static str),
}

/// The rows in hand that a `prefetch_related_objects` began with, and how far it has come.
#[derive(Clone, Copy)]
pub(crate) struct InHand {
    pub(crate) model: &'static str,
    pub(crate) depth: usize,
}

impl Watch {
    pub(crate) fn root(meta: &'static ModelMeta, at: &'static Location<'static>) -> Arc<Self> {
        let own = (0, meta.name);
        let (path, batched, slotted) = (Vec::new(), own, own);
        let (is_in_hand, is_outside, is_raw) = (false, false, false);
        let (result, read) = (Arc::default(), unread(meta));
        Arc::new(Watch {
            root: meta.name,
            path,
            batched,
            slotted,
            many: 0,
            at,
            result,
            is_in_hand,
            is_outside,
            is_single: false,
            alone: OnceLock::new(),
            is_raw,
            read,
        })
    }

    /// The same, of a statement that is the user's own.
    pub(crate) fn raw(self: Arc<Self>) -> Arc<Self> {
        Arc::try_unwrap(self).map_or_else(|shared| shared, |watch| Arc::new(Watch { is_raw: true, ..watch }))
    }

    /// The watch of a group of so many rows that is older than the capture: it is one of its own, made for a load.
    pub(crate) fn outside(self: Arc<Self>, rows: usize) -> Arc<Self> {
        let outside = |watch| Arc::new(Watch { is_outside: true, is_single: rows == 1, ..watch });
        Arc::try_unwrap(self).map_or_else(|shared| shared, outside)
    }

    /// The watch of a row that leaves this one's group.
    pub(crate) fn leaving(&self, meta: &'static ModelMeta) -> Arc<Self> {
        let left = self.alone.get().cloned();
        let left =
            left.unwrap_or_else(|| Alone { result: Arc::clone(&self.result), start: (self.path.len(), meta.name) });
        let (path, read) = (self.path.clone(), unread(meta));
        Arc::new(Watch { path, read, alone: left.into(), result: Arc::default(), ..*self })
    }

    /// The row is one that was there before, and has been read again: what comes along, it had.
    pub(crate) fn refreshed(&self, before: Option<&Watch>) {
        self.read.iter().for_each(|read| read.store(true, Ordering::Relaxed));
        if let Some(before) = before {
            let _ = self.alone.set(Alone { result: Arc::clone(before.of()), start: (0, self.root) });
        }
    }

    /// Whether each row loads for itself, whatever the mode.
    pub(crate) fn is_alone(&self) -> bool {
        self.alone.get().is_some()
    }

    /// The watch of a group that was loaded for this one's.
    pub(crate) fn child(&self, relation: &'static RelationMeta, by: By) -> Arc<Self> {
        let mut path = self.path.clone();
        path.push(if let By::Slot(slot) = by { slot } else { relation.name });
        let meta = relation.target();
        let own = (path.len(), meta.name);
        Arc::new(Watch {
            root: self.root,
            batched: if by == By::Join { self.batched } else { own },
            slotted: if matches!(by, By::Slot(_)) { own } else { self.slotted },
            many: if relation.is_to_one() { self.many } else { path.len() },
            path,
            at: self.at,
            result: Arc::clone(&self.result),
            is_in_hand: self.is_in_hand,
            is_outside: self.is_outside,
            is_single: self.is_single,
            alone: self.alone.clone(),
            is_raw: self.is_raw && !matches!(by, By::Slot(_)),
            read: unread(meta),
        })
    }

    /// The same, as a `prefetch_related_objects` sees it: the path begins with the rows in hand. What it has loaded
    /// itself is seen so already.
    pub(crate) fn in_hand(self: &Arc<Self>, hand: InHand, at: &'static Location<'static>) -> Arc<Self> {
        if self.is_in_hand && self.at == at && self.path.len() == hand.depth {
            return Arc::clone(self);
        }
        let before = self.path.len().saturating_sub(hand.depth);
        let (path, own) = (self.path.iter().skip(before).copied().collect(), (0, hand.model));
        Arc::new(Watch {
            root: hand.model,
            path,
            batched: own,
            slotted: own,
            many: self.many.saturating_sub(before),
            at,
            result: Arc::clone(self.of()),
            is_in_hand: true,
            is_outside: false,
            is_single: false,
            alone: OnceLock::new(),
            is_raw: false,
            read: Arc::clone(&self.read),
        })
    }

    /// Somebody reads a relation or a deferred column.
    pub(crate) fn read(&self, slot: usize) {
        if let Some(read) = self.read.get(slot) {
            read.store(true, Ordering::Relaxed);
        }
    }

    /// The result it is of, or was of before it left it.
    fn of(&self) -> &Arc<()> {
        self.alone.get().map_or(&self.result, |alone| &alone.result)
    }

    /// Which result that is. What led to rows that are older than the capture is not known: they are taken for one, if
    /// they are several.
    pub(super) fn result(&self) -> Option<usize> {
        (!self.is_outside || self.is_single).then(|| Arc::as_ptr(self.of()).addr())
    }

    pub(super) fn was_read(&self, slot: usize) -> bool {
        self.read.get(slot).is_some_and(|read| read.load(Ordering::Relaxed))
    }

    /// `|a| a.books().tags()`, as it is said of the whole query, or of a slot.
    pub(super) fn closure(&self, field: &str) -> String {
        self.closure_from(self.slotted, field)
    }

    /// The same, as it is said of the statement that has loaded the rows.
    pub(super) fn own_closure(&self, field: &str) -> String {
        self.closure_from(self.batched, field)
    }

    /// The same, as it is said of rows that have left their peers.
    pub(super) fn alone_closure(&self, field: &str) -> Option<String> {
        Some(self.closure_from(self.alone.get()?.start, field))
    }

    fn closure_from(&self, (start, model): (usize, &str), field: &str) -> String {
        closure_of(model, self.path.iter().skip(start).copied().chain([field]))
    }

    /// Whether a `select_related` leads here: it does not go through a relation to many.
    pub(super) fn joins(&self) -> bool {
        self.many <= self.slotted.0 && !self.is_raw
    }

    /// Where that is to be said.
    pub(super) fn target(&self) -> String {
        match self.slotted.0 {
            0 if self.is_in_hand => "the `prefetch_related_objects`".to_owned(),
            0 => "the query".to_owned(),
            slotted => format!("the prefetch to `{}`", closure_of(self.root, self.path.iter().take(slotted).copied())),
        }
    }

    /// The prefetch that has loaded the rows, if one has: ` to `|a| a.books()``.
    pub(super) fn prefetch(&self) -> Option<String> {
        let batched = self.batched.0;
        let path = || closure_of(self.root, self.path.iter().take(batched).copied());
        let which = if batched == self.slotted.0 { " to" } else { "," };
        (batched > 0).then(|| format!("the prefetch{which} `{}`", path()))
    }

    /// Where to say that a deferred column is not loaded.
    pub(super) fn defer(&self, field: &str) -> String {
        let own = self.own_closure(field);
        match self.prefetch() {
            Some(prefetch) => format!("add `.defer({own})` to {prefetch}"),
            None if self.is_raw => "leave the column out of the statement".to_owned(),
            None => format!("add `.defer({own})` to the query"),
        }
    }

    /// How a deferred column is loaded.
    pub(super) fn undefer(&self, field: &str) -> String {
        let own = self.own_closure(field);
        match self.prefetch() {
            Some(prefetch) => format!("leave it out of `.defer({own})`, or name it in `.only({own})`, in {prefetch}"),
            None if self.is_raw => "add the column to the statement".to_owned(),
            None => format!("leave it out of `.defer({own})`, or name it in `.only({own})`"),
        }
    }
}

fn unread(meta: &'static ModelMeta) -> Arc<[AtomicBool]> {
    (0..meta.slots).map(|_| AtomicBool::new(false)).collect()
}

impl Database {
    /// A watch for the group of a query, if anybody captures.
    pub(crate) fn watch(&self, meta: &'static ModelMeta, at: &'static Location<'static>) -> Option<Arc<Watch>> {
        self.is_captured().then(|| Watch::root(meta, at))
    }
}
