//! Querysets inside of other queries.

use super::{Column, QuerySet, Shape};
use crate::lookup::{Cond, Expr, InSet, KeySet};
use crate::model::Model;
use crate::plan::{Node, NodeKind};
use crate::value::{One, Value};

impl<R, M: Model, V: Value> InSet<R, V::Base> for QuerySet<M, Column<V>> {
    fn contains(self, value: Node) -> Cond<R> {
        Cond::new(Node::new(NodeKind::InQuery(value, Box::new(self.plan))))
    }
}

impl<R, T: Model> KeySet<R, T, T::Key> for QuerySet<T> {
    fn has(self, key: Node) -> Cond<R> {
        Cond::new(Node::new(NodeKind::InQuery(key, Box::new(self.plan))))
    }
}

impl<R, T, M: Model, V: Value> KeySet<R, T, V::Base> for QuerySet<M, Column<V>> {
    fn has(self, key: Node) -> Cond<R> {
        Cond::new(Node::new(NodeKind::InQuery(key, Box::new(self.plan))))
    }
}

/// Whether a queryset has a row; it may speak of the enclosing query by [`outer`](crate::lookup::outer).
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub title: String }
/// let twins = Book::objects().filter(|b| {
///     exists(Book::objects().filter(|other| other.title().eq(outer(b.title())) & other.id().ne(outer(b.id()))))
/// });
/// assert_eq!(
///     twins.to_sql(),
///     r#"SELECT "book"."id", "book"."title" FROM "book" WHERE EXISTS (SELECT 1 FROM "book" AS "book_2" WHERE ("book_2"."title" = "book"."title") AND ("book_2"."id" <> "book"."id"))"#,
/// );
/// ```
pub fn exists<R, M: Model, S: Shape<M>>(queryset: QuerySet<M, S>) -> Cond<R> {
    Cond::new(Node::new(NodeKind::Exists(Box::new(queryset.plan))))
}

/// The first value of a queryset of one column, or NULL.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub title: String, pub pages: i32 }
/// // Books with as many pages as the first of their title.
/// let same = |title| Book::objects().filter(|b| b.title().eq(title)).order_by(|b| b.id()).values_list(|b| b.pages());
/// let books = Book::objects().filter(|b| b.pages().eq(subquery(same(outer(b.title())))));
/// assert!(books.to_sql().ends_with(
///     r#"WHERE "book"."pages" = (SELECT "book_2"."pages" FROM "book" AS "book_2" WHERE "book_2"."title" = "book"."title" ORDER BY "book_2"."id" LIMIT ?1)"#
/// ));
/// ```
pub fn subquery<R, M: Model, V: Value>(queryset: QuerySet<M, Column<V>>) -> Expr<R, V::Nullable, One> {
    let mut plan = queryset.plan;
    plan.limit = Some(plan.limit.map_or(1, |limit| limit.min(1)));
    Expr::new(Node::new(NodeKind::Subquery(Box::new(plan))))
}
