//! Managers: where a query begins. `objects()` of a model, and `query`, `create`, `add` .. of a relation.

mod between;
mod linked_through;
mod links;
mod related;

use std::panic::Location;

pub use linked_through::LinkedThrough;

use crate::db::Executor;
use crate::error::Result;
use crate::model::Model;
use crate::queryset::QuerySet;
use crate::raw::{Binds, RawQuerySet};
use crate::schema::recount;

/// Where every query on a model begins.
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
///
/// #[derive(Model)]
/// pub struct Tag {
///     pub id: i64,
///     pub name: String,
/// }
/// assert_eq!(Tag::objects().to_sql(), r#"SELECT "tag"."id", "tag"."name" FROM "tag""#);
/// ```
pub trait Objects: Model {
    /// Every row of the model, not yet asked for.
    fn objects() -> QuerySet<Self> {
        QuerySet::new()
    }

    /// A statement of one's own whose rows are rows of this model: full citizens, whose relations are loaded lazily for
    /// all of them at once or by `prefetch_related`. Values are bound: `?1`, `?2` ..
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// # Tag::create().name("sf").save(&db)?;
    /// let tags = Tag::raw("SELECT * FROM tag WHERE name = ?1", ("sf",)).all(&db)?;
    /// assert_eq!(tags[0].name, "sf");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    fn raw(sql: impl Into<String>, binds: impl Binds) -> RawQuerySet<Self> {
        RawQuerySet::new(sql.into(), binds)
    }

    /// Counts anew what the model's counters count (`#[field(counter_of = ..)]`), in every row and in one statement; says
    /// in how many it was wrong.
    ///
    /// The triggers that `create_tables` makes keep the numbers right, whoever writes. They know nothing of the rows that
    /// were there before them: after they were made for tables with rows, count once.
    ///
    /// # Errors
    ///
    /// No connection is to be had, or a table is not there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// #[derive(Model)]
    /// pub struct Book {
    ///     pub id: i64,
    ///     pub reviews: HasMany<Review>,
    ///     #[field(counter_of = reviews)]
    ///     pub review_count: i64,
    /// }
    /// # #[derive(Model)]
    /// # pub struct Review { pub id: i64, pub book: ForeignKey<Book> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book, Review])?;
    /// let mut book = Book::create().save(&db)?;
    /// Review::create().book(&book).save(&db)?;
    /// book.refresh(&db)?;
    /// assert_eq!(book.review_count, 1);
    /// // UPDATE "book" SET "review_count" = (SELECT count(*) ..) WHERE "review_count" IS NOT (SELECT count(*) ..)
    /// assert_eq!(Book::recount(&db)?, 0);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    fn recount(db: &dyn Executor) -> Result<u64> {
        recount(Self::META, db, Location::caller())
    }
}

impl<M: Model> Objects for M {}
