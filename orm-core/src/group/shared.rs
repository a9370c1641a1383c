//! A loaded row, or the loaded rows of one parent, that several handles share.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A loaded value whose `Send` and `Sync` the compiler sees without looking into `T`.
///
/// With a plain `Arc<T>`, proving that one model is `Send` walks every model that can be reached from it, and a chain
/// of 32 models overflows the recursion limit. The trait object ends the walk.
trait Loaded<T: ?Sized>: Send + Sync {
    fn value(&self) -> &T;
}

impl<T: Send + Sync> Loaded<T> for T {
    fn value(&self) -> &T {
        self
    }
}

impl<T: Send + Sync> Loaded<[T]> for Vec<T> {
    fn value(&self) -> &[T] {
        self
    }
}

/// A loaded row, or several, shared: cloning it clones the pointer.
pub struct Shared<T: ?Sized>(Arc<dyn Loaded<T>>);

impl<T: Send + Sync + 'static> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        Shared(Arc::new(value))
    }
}

impl<T: Send + Sync + 'static> Shared<[T]> {
    pub(crate) fn of_vec(values: Vec<T>) -> Self {
        Shared(Arc::new(values))
    }
}

impl<T: ?Sized> Shared<T> {
    /// Whether both are the same instance.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&self.0), Arc::as_ptr(&other.0))
    }
}

impl<T: ?Sized> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> Deref for Shared<T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        (*self.0).value()
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Some of the rows that were loaded together: those of one parent.
///
/// The rows of all parents are one allocation. One for each parent would cost two more, with the room that a vector keeps
/// at its end.
pub struct SharedRows<T> {
    all: Arc<dyn Loaded<[T]>>,
    rows: Range<u32>,
}

impl<T: Send + Sync + 'static> SharedRows<T> {
    /// All of the rows.
    pub(crate) fn all(rows: Vec<T>) -> Self {
        let end = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        SharedRows { all: Arc::new(rows), rows: 0..end }
    }
}

impl<T> SharedRows<T> {
    /// These of the rows that this is a part of.
    pub(crate) fn part(&self, rows: Range<u32>) -> Self {
        SharedRows { all: Arc::clone(&self.all), rows }
    }
}

impl<T> Deref for SharedRows<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        (*self.all).value().get(self.rows.start as usize..self.rows.end as usize).unwrap_or_default()
    }
}
