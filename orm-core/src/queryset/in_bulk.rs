//! Rows by what they are known by: `in_bulk`.

use std::collections::HashMap;
use std::hash::Hash;

use super::QuerySet;
use crate::db::Executor;
use crate::error::{Error, Result};
use crate::lookup::{Expr, Operand};
use crate::model::{Fields, Model};
use crate::plan::{Node, NodeKind};
use crate::relation::IntoKey;
use crate::value::{IsOwn, Kind, PrimaryKey, Single, Value};

impl<M: Model> QuerySet<M> {
    /// The rows with these keys, by key; those that are not there are left out.
    ///
    /// # Errors
    ///
    /// As for [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # Book::create().title("Dune").pages(412).save(&db)?;
    /// # Book::create().title("Emma").pages(290).save(&db)?;
    /// // SELECT .. FROM "book" WHERE "book"."id" IN (SELECT value FROM rarray(?1))
    /// let books = Book::objects().in_bulk(&db, [1, 2, 99])?;
    /// assert_eq!((books.len(), &*books[&2].title), (2, "Emma"));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn in_bulk<Q: IntoKey<M, M::Key>>(
        &self,
        db: &dyn Executor,
        keys: impl IntoIterator<Item = Q>,
    ) -> Result<HashMap<M::Key, M>> {
        let keys: Vec<_> = keys.into_iter().map(|key| key.into_key().key_ref().bind().into_owned()).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let mut these = self.clone();
        these.plan.filters.push(Node::key_in(keys.into_iter()));
        Ok(these.all(db)?.into_iter().map(|row| (row.key(), row)).collect())
    }

    /// The rows of these values of a unique field, by value; a value without a row is not in it.
    ///
    /// # Errors
    ///
    /// As for [`all`](Self::all), and [`Error::Misuse`] where the field is not unique.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, #[field(unique)] pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// # Tag::create().name("sf").save(&db)?;
    /// // SELECT .. FROM "tag" WHERE "tag"."name" IN (SELECT value FROM rarray(?1))
    /// let tags = Tag::objects().in_bulk_by(&db, |t| t.name(), ["sf", "love"])?;
    /// assert_eq!((tags.len(), tags["sf"].id), (1, 1));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn in_bulk_by<T: Value, K: Kind + Single + IsOwn, V: Operand<M, T::Base>>(
        &self,
        db: &dyn Executor,
        f: impl FnOnce(Fields<M>) -> Expr<M, T, K>,
        values: impl IntoIterator<Item = V>,
    ) -> Result<HashMap<T::Out, M>>
    where
        T::Out: Eq + Hash,
    {
        let values: Vec<V> = values.into_iter().collect();
        let mut these = self.clone();
        let field = f(these.fields());
        if !matches!(field.node.kind(), NodeKind::Column(_, column) if column.unique || column.primary_key) {
            return Err(Error::misuse("`in_bulk_by` takes a unique field: of another, several rows have one value"));
        }
        if values.is_empty() {
            return Ok(HashMap::new());
        }
        let these = these.filter(|_| field.in_(values)).annotate(|_| field);
        Ok(these.all(db)?.into_iter().map(|(row, value)| (value, row)).collect())
    }
}
