//! A loaded row, or a loaded set of rows, that several handles share.

use std::fmt;
use std::ops::Deref;
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

/// A loaded row (or slice of rows), shared: cloning it clones the pointer.
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
