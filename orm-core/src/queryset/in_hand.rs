//! Loading for rows already in hand.

use std::panic::Location;

use crate::db::{Executor, FetchMode, InHand, Need, on_behalf};
use crate::error::{Error, Result};
use crate::group::{Instance, home_of};
use crate::lookup::PrefetchSet;
use crate::model::{Fields, Model, root};
use crate::prefetch::{Prefetch, Run};

/// Loads relations of rows already in hand: of a slice, of references from anywhere, of one row (`[&row]`). What is loaded
/// already is not loaded again.
///
/// # Errors
///
/// As for [`QuerySet::all`](super::QuerySet::all).
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Author { pub id: i64, pub books: HasMany<Book> }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub author: ForeignKey<Author> }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Author, Book])?;
/// # Author::create().save(&db)?;
/// let authors = Author::objects().all(&db)?;
/// prefetch_related_objects(&db, &authors, |a| a.books())?; // SELECT .. FROM "book" WHERE ..
/// assert!(authors[0].books.loaded().is_some());
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[track_caller]
pub fn prefetch_related_objects<'a, M: Model, P: PrefetchSet<M>>(
    db: &dyn Executor,
    rows: impl IntoIterator<Item = &'a M>,
    f: impl FnOnce(Fields<M>) -> P,
) -> Result<()> {
    let at = Location::caller();
    let mut nodes = Vec::new();
    f(root::<M>()).prefetches(&mut nodes);
    let prefetch = Prefetch::new(&nodes, &[])?;
    let rows: Vec<&dyn Instance> = rows.into_iter().map(|row| row as &dyn Instance).collect();
    if rows.is_empty() || prefetch.is_empty() {
        return Ok(());
    }
    // What is loaded inherits from the rows it is loaded for: of several, from one that may not be asked in a loop.
    let homes = || rows.iter().filter_map(|row| home_of(*row, M::META));
    let strict = homes().find(|home| home.mode == FetchMode::Raise);
    let home = strict.or_else(|| homes().next()).unwrap_or_else(|| db.database().home(None, at));
    if !homes().chain([home]).all(|home| db.database().is_home(home)) {
        return Err(Error::misuse(format!("these `{}` rows are of another database", M::META.name)));
    }
    let mut answers: Vec<u32> = rows.iter().filter_map(|row| home_of(*row, M::META)).map(|home| home.answer).collect();
    answers.retain(|answer| *answer != 0);
    answers.sort_unstable();
    answers.dedup();
    let in_hand = Some(InHand { model: M::META.name, depth: 0 });
    on_behalf(db, &answers, || {
        db.run(Need::Snapshot, at, &mut |connection| {
            prefetch.run(Run { connection, at, home, eager: true, in_hand }, &rows, &[])
        })
    })
}
