//! Managers: where a query begins. `objects()` of a model, and `query`, `create`, `add` .. of a relation.

mod links;
mod related;

use crate::model::Model;
use crate::queryset::QuerySet;
use crate::raw::{Binds, RawQuerySet};

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
}

impl<M: Model> Objects for M {}
