//! The only reference to a value, on its way to another thread.
//!
//! A thread that reads while it reads may need the connection it has already, so connections are counted, and not by atomic
//! operations: they stay on their thread. One that nobody has may be taken by any thread, with its count; to unpack it
//! and count it anew would be an allocation and two copies for each look-up.

use std::ops::Deref;
use std::rc::Rc;

/// A reference that is the only one.
pub(in crate::db) struct Alone<T>(Rc<T>);

// SAFETY: `new` has made sure that this is the only reference, strong or weak, and nobody can make another while it is
// here: it is private, what `Deref` gives is the value, and it is given out only with the whole of `self`. So whoever has
// `self` has the count and the value to itself, and the value may be sent.
unsafe impl<T: Send> Send for Alone<T> {}

impl<T> Alone<T> {
    /// None where there are others: then one of those is the last.
    pub(in crate::db) fn new(mut reference: Rc<T>) -> Option<Self> {
        Rc::get_mut(&mut reference).is_some().then(|| Alone(reference))
    }
}

impl<T> From<Alone<T>> for Rc<T> {
    fn from(alone: Alone<T>) -> Self {
        alone.0
    }
}

impl<T> Deref for Alone<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}
