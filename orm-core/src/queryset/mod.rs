//! The queryset: an immutable description of a query that runs when a terminal method gets a `db`.
//!
//! `refine.rs` has the methods that return a queryset, `terminal.rs` those that run a statement, `read.rs` the pipeline
//! between the two:
//!
//! ```text
//! QuerySet --lower--> Statement --compile--> Sql --db--> rows --decode--> models --prefetch--> Vec<M>
//! ```

mod aggregate;
mod cached;
mod cascade;
mod combine;
mod cursor_page;
#[cfg(feature = "jiff")]
mod dates;
mod delete;
mod explain;
mod in_bulk;
mod in_hand;
mod page;
mod part;
mod projection;
mod read;
mod record;
mod referrers;
mod refine;
mod shape;
mod stream;
mod subquery;
mod terminal;
mod tree;
mod update;

use std::fmt;
use std::marker::PhantomData;

pub use cached::Cached;
pub(crate) use cascade::read_keys;
pub use cursor_page::{CursorPage, PageCursor};
pub use delete::Deleted;
pub(crate) use delete::{Which, delete};
pub use in_hand::prefetch_related_objects;
pub use page::{Page, Paginator};
pub use projection::{Nested, Projection, ProjectionFields, ProjectionOf, ValuesAs};
pub use record::Record;
pub use shape::{Annotated, Column, GroupRecords, Grouped, Records, Rows, Shape, Values, ValuesOf};
pub use stream::Iter;
pub use subquery::{exists, subquery};
pub(crate) use update::blame_set;

use crate::model::{Fields, FieldsAt, Model};
use crate::plan::Plan;

/// A query on `M`, not yet run. `S` says what its rows become; it is `M` itself by default.
///
/// Lazy, immutable and nameable: `fn recent() -> QuerySet<Book>`. What is added at run time does not change the type.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Author { pub id: i64, pub name: String }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub title: String, pub pages: i32, pub author: ForeignKey<Author> }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Author, Book])?;
/// fn long() -> QuerySet<Book> {
///     Book::objects().filter(|b| b.pages().gt(300))
/// }
/// let mut books = long().select_related(|b| b.author()).order_by(|b| (b.pages().desc(), b.title()));
/// if true {
///     books = books.limit(20);
/// }
/// for book in &books.all(&db)? {
///     println!("{} by {}", book.title, book.author.get(&db)?.name);
/// }
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[must_use = "a queryset does nothing until a terminal method runs it"]
pub struct QuerySet<M: Model, S = Rows> {
    pub(crate) plan: Plan,
    types: PhantomData<fn() -> (M, S)>,
}

impl<M: Model, S> QuerySet<M, S> {
    pub(crate) fn from_plan(plan: Plan) -> Self {
        QuerySet { plan, types: PhantomData }
    }

    /// The fields that a closure gets. The plan knows them for its own.
    fn fields(&mut self) -> Fields<M> {
        FieldsAt::at(self.plan.begin())
    }
}

impl<M: Model> QuerySet<M> {
    /// Every row of the model. `M::objects()` is the same.
    pub fn new() -> Self {
        Self::from_plan(Plan::new(M::META))
    }
}

impl<M: Model> Default for QuerySet<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model, S> Clone for QuerySet<M, S> {
    fn clone(&self) -> Self {
        Self::from_plan(self.plan.clone())
    }
}

impl<M: Model, S> fmt::Debug for QuerySet<M, S> {
    /// The SQL it would run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuerySet({})", self.to_sql())
    }
}
