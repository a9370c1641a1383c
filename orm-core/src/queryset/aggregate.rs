//! Aggregates over rows: beside each row, for each group, and for all.

use std::panic::Location;

use super::shape::{Annotated, Grouped};
use super::terminal::about;
use super::{Column, QuerySet, Values};
use crate::db::{Executor, Need};
use crate::error::{Error, Result};
use crate::group::Cursor;
use crate::lookup::{AggSelection, SingleSelection};
use crate::lower;
use crate::model::{Fields, Model, root};
use crate::plan::{Grouping, Node, NodeKind, Plan};
use crate::sql;

impl<M: Model> QuerySet<M> {
    /// Computes values beside each row: aggregates over its relations, or any expression. Rows become pairs.
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
    /// // SELECT .., (SELECT count("books"."id") FROM "book" AS "books" WHERE ..) FROM "author" ORDER BY (SELECT ..) DESC
    /// let authors: Vec<(Author, i64)> =
    ///     Author::objects().annotate(|a| a.books().count()).order_by(|a| a.books().count().desc()).all(&db)?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn annotate<A: SingleSelection<M> + 'static>(
        mut self,
        f: impl FnOnce(Fields<M>) -> A,
    ) -> QuerySet<M, Annotated<A>> {
        f(root::<M>()).nodes(&mut self.plan.annotations);
        QuerySet::from_plan(self.plan)
    }

    /// Aggregates over all rows, in one statement.
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
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// // SELECT max("book"."pages"), sum("book"."pages") FROM "book"
    /// let (longest, all) = Book::objects().aggregate(&db, |b| (b.pages().max(), b.pages().sum()))?;
    /// assert_eq!((longest, all), (None, None));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn aggregate<A: AggSelection<M>>(&self, db: &dyn Executor, f: impl FnOnce(Fields<M>) -> A) -> Result<A::Out> {
        let at = Location::caller();
        let mut nodes = Vec::new();
        f(root::<M>()).nodes(&mut nodes);
        let mut plan = Plan::new(M::META);
        plan.misuse = self.plan.misuse;
        plan.filters = if self.plan.is_sliced() {
            let inner = Plan { joins: Vec::new(), ..self.plan.clone() };
            vec![Node::new(NodeKind::InQuery(Node::own_key(), Box::new(inner)))]
        } else {
            self.plan.filters.clone()
        };
        if self.plan.empty {
            plan.filters.push(Node::new(NodeKind::Or(Vec::new())));
        }
        plan.grouping = Some(Grouping { keys: 0, filters: plan.filters.len() });
        plan.select = Some(nodes);
        plan.order = Some(Vec::new());
        let sql = sql::compile(&lower::select(&plan)?.statement);
        let mut out = None;
        db.run(Need::Read, at, &mut |connection| {
            connection.query(&sql, about::<M>(at), |row| {
                let mut cursor = Cursor::of_values(row, 0);
                out = Some(A::read(&mut cursor).map_err(|mismatch| Error::Decode {
                    model: M::META.name,
                    field: format!("aggregate {}", cursor.column()),
                    column: format!("{}", cursor.column()),
                    expected: "value of the type the query promises",
                    found: mismatch.0.into_owned(),
                })?);
                Ok(())
            })
        })?;
        out.ok_or(Error::DoesNotExist { model: M::META.name, key: None })
    }
}

macro_rules! grouped {
    ($shape:ident) => {
        impl<M: Model, V> QuerySet<M, $shape<V>> {
            /// Groups the rows by what `values_list` names, and computes aggregates of each group. A filter on an aggregate
            /// after it is a HAVING; an order never splits groups.
            ///
            /// # Examples
            ///
            /// ```
            /// # use eager_orm::prelude::*;
            /// # #[derive(Model)]
            /// # pub struct Book { pub id: i64, pub genre: String, pub pages: i32 }
            /// # let db = Database::in_memory()?;
            /// # db.create_tables(models![Book])?;
            /// # Book::create().genre("sf").pages(412).save(&db)?;
            /// // SELECT "book"."genre", count("book"."id"), max("book"."pages") FROM "book" GROUP BY "book"."genre"
            /// let genres: Vec<(String, (i64, Option<i32>))> = Book::objects()
            ///     .values_list(|b| b.genre())
            ///     .annotate(|b| (b.id().count(), b.pages().max()))
            ///     .all(&db)?;
            /// assert_eq!(genres, [("sf".to_owned(), (1, Some(412)))]);
            /// # Ok::<(), eager_orm::Error>(())
            /// ```
            pub fn annotate<A: AggSelection<M> + 'static>(
                mut self,
                f: impl FnOnce(Fields<M>) -> A,
            ) -> QuerySet<M, Grouped<$shape<V>, A>> {
                let mut nodes = self.plan.select.take().unwrap_or_default();
                self.plan.grouping = Some(Grouping { keys: nodes.len(), filters: self.plan.filters.len() });
                f(root::<M>()).nodes(&mut nodes);
                self.plan.select = Some(nodes);
                QuerySet::from_plan(self.plan)
            }
        }
    };
}
grouped!(Values);
grouped!(Column);
