//! Managers: where a query begins. `objects()` of a model, and `query`, `create`, `add` .. of a relation.

mod related;

use crate::model::Model;
use crate::queryset::QuerySet;

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
}

impl<M: Model> Objects for M {}
