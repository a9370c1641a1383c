//! A computed value that is remembered.

use std::fmt;
use std::sync::OnceLock;

/// A value that is computed once for each instance and then remembered: Django's `cached_property`.
///
/// It is no column. `save` and `refresh` empty it, and a clone starts empty, so it never tells of a row that has
/// changed through the model; a field that is assigned directly does not empty it.
///
/// | | `cached_property` | `Memo` |
/// |---|---|---|
/// | declared | a decorator on a method | a field, and a method that calls `get_or_init` |
/// | an error | is not remembered | is not remembered: `get_or_try_init` |
/// | `save`, `refresh` | leave it | empty it |
/// | by hand | `del row.name` | `row.name.clear()` |
/// | in a copy | is copied | is empty |
/// | a field that is assigned | leaves it | leaves it |
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
///
/// #[derive(Model)]
/// pub struct Book {
///     pub id: i64,
///     pub price: f64,
///     pub sale_price: Memo<f64>,
/// }
///
/// impl Book {
///     pub fn sale_price(&self) -> f64 {
///         *self.sale_price.get_or_init(|| self.price * 0.9)
///     }
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![Book])?;
/// let book = Book::create().price(10.0).save(&db)?;
/// assert_eq!(book.sale_price(), 9.0);
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub struct Memo<T>(OnceLock<T>);

impl<T> Memo<T> {
    /// An empty cell.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// let memo = Memo::<f64>::new();
    /// assert!(memo.get().is_none());
    /// ```
    pub const fn new() -> Self {
        Memo(OnceLock::new())
    }

    /// The value, if it was computed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// let memo = Memo::new();
    /// assert_eq!(memo.get(), None);
    /// memo.get_or_init(|| 9.0);
    /// assert_eq!(memo.get(), Some(&9.0));
    /// ```
    pub fn get(&self) -> Option<&T> {
        self.0.get()
    }

    /// The value, computed by `f` the first time. Where two threads ask at once, one computes and the other waits.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// let memo = Memo::new();
    /// assert_eq!(*memo.get_or_init(|| 1), 1);
    /// assert_eq!(*memo.get_or_init(|| 2), 1); // not computed again
    /// ```
    pub fn get_or_init(&self, f: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(f)
    }

    /// The value, computed by `f` until it succeeds once. Where two threads ask at once, both may compute; the first
    /// result stays.
    ///
    /// # Errors
    ///
    /// What `f` returns; nothing is remembered then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// let memo = Memo::new();
    /// assert!(memo.get_or_try_init(|| "x".parse::<i32>()).is_err());
    /// assert_eq!(memo.get_or_try_init(|| "1".parse::<i32>()), Ok(&1));
    /// ```
    pub fn get_or_try_init<E>(&self, f: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(value) = self.0.get() {
            return Ok(value);
        }
        let value = f()?;
        Ok(self.0.get_or_init(|| value))
    }

    /// Forgets the value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// let mut memo = Memo::new();
    /// memo.get_or_init(|| 1);
    /// memo.clear();
    /// assert_eq!(*memo.get_or_init(|| 2), 2);
    /// ```
    pub fn clear(&mut self) {
        self.0.take();
    }
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Memo::new()
    }
}

impl<T> Clone for Memo<T> {
    /// An empty cell.
    fn clone(&self) -> Self {
        Memo::new()
    }
}

impl<T> PartialEq for Memo<T> {
    /// Always: a memo is a cache.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Memo<T> {}

impl<T: fmt::Debug> fmt::Debug for Memo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get() {
            Some(value) => value.fmt(f),
            None => f.write_str("<not computed>"),
        }
    }
}

impl<T: serde::Serialize> serde::Serialize for Memo<T> {
    /// The value if it was computed, null otherwise.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.get().serialize(serializer)
    }
}
