//! Asking whether a row may be written, without writing it.

use super::insert::check;
use crate::error::Result;
use crate::model::{Model, Rules};

/// What can be asked of every row, new or read: whether the rules of its model let it be written.
///
/// Every write of rows asks by itself. What only the database knows (whether a value is unique, whether a key points at a
/// row) is not asked here.
///
/// # Examples
///
/// ```
/// use eager_orm::{Error, prelude::*};
///
/// #[derive(Model)]
/// pub struct Book {
///     pub id: i64,
///     #[field(min_length = 1, max_length = 200)]
///     pub title: String,
///     #[field(min = 1, validate = is_even)]
///     pub pages: i32,
/// }
///
/// fn is_even(pages: &i32) -> Result<(), &'static str> {
///     if pages % 2 == 0 { Ok(()) } else { Err("is an even number: a leaf has two pages") }
/// }
///
/// let new = Book::create().title("").pages(-3).build();
/// let Err(Error::Invalid { failures, .. }) = new.validate() else { panic!() };
/// let failures: Vec<String> = failures.iter().map(|failure| failure.to_string()).collect();
/// assert_eq!(failures, [
///     "`title` has at least 1 character, and this text has 0",
///     "`pages` is at least 1",
///     "`pages` is an even number: a leaf has two pages",
/// ]);
/// assert!(Book::create().title("Dune").pages(412).build().validate().is_ok());
/// ```
pub trait Validate {
    /// Asks every rule of the row's model. No statement runs.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](crate::Error::Invalid) with everything that is wrong.
    fn validate(&self) -> Result<()>;
}

impl<M: Model> Validate for M {
    fn validate(&self) -> Result<()> {
        let mut rules = Rules::default();
        rules.ask(self);
        rules.finish::<M>()
    }
}

/// The same for a new row, its defaults filled in.
///
/// # Errors
///
/// [`Error::Invalid`](crate::Error::Invalid) with everything that is wrong.
pub fn validate_new<M: Model>(mut new: M::New) -> Result<()> {
    M::fill(&mut new);
    check::<M>(&new)
}
