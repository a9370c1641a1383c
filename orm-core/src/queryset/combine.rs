//! Several querysets as one: `union` and its like of their rows, `& | ^` of their conditions.

use std::ops;

use smallvec::smallvec;

use super::{QuerySet, Shape};
use crate::model::Model;
use crate::plan::{Node, NodeKind, Plan, Said};
use crate::statement::SetOperator;

/// Rows of several querysets, put together by the database. What was filtered, ordered or cut off before is each
/// member's own; what is ordered, cut off or counted after is of the whole, which cannot be filtered any more.
///
/// A member may be of another model where both select values of the same types. Relations are loaded as the first one
/// says.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Film { pub id: i64, pub title: String }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub title: String, pub pages: i32 }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Book, Film])?;
/// # for (title, pages) in [("Dune", 412), ("Emma", 290), ("Ubik", 202)] {
/// #     Book::create().title(title).pages(pages).save(&db)?;
/// # }
/// # Film::create().title("Dune").save(&db)?;
/// let books = || Book::objects().values_list(|b| b.title());
/// let films = || Film::objects().values_list(|f| f.title());
/// // SELECT "book"."title" FROM "book" UNION SELECT "film"."title" FROM "film" ORDER BY 1
/// assert_eq!(books().union(films()).order_by(|b| b.title()).all(&db)?, ["Dune", "Emma", "Ubik"]);
/// assert_eq!(books().intersection(films()).all(&db)?, ["Dune"]);
/// assert_eq!(books().difference(films()).count(&db)?, 2);
///
/// // The shortest and the longest book.
/// let shortest = Book::objects().order_by(|b| b.pages()).limit(1);
/// let longest = Book::objects().order_by(|b| b.pages().desc()).limit(1);
/// let both = shortest.union(longest).order_by(|b| b.title()).all(&db)?;
/// assert_eq!(both.iter().map(|b| &*b.title).collect::<Vec<_>>(), ["Dune", "Ubik"]);
/// # Ok::<(), eager_orm::Error>(())
/// ```
impl<M: Model, S: Shape<M>> QuerySet<M, S> {
    /// The rows of both, each once.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let short = Book::objects().filter(|b| b.pages().lt(100));
    /// let long = Book::objects().filter(|b| b.pages().gt(900));
    /// assert_eq!(
    ///     short.union(long).values_list(|b| b.id()).to_sql(),
    ///     r#"SELECT "book"."id" FROM "book" WHERE "book"."pages" < ?1 UNION SELECT "book_2"."id" FROM "book" AS "book_2" WHERE "book_2"."pages" > ?2"#,
    /// );
    /// ```
    pub fn union<N: Model, T: Shape<N, Out = S::Out>>(self, other: QuerySet<N, T>) -> Self {
        self.put_together(SetOperator::Union, other.plan)
    }

    /// The rows of both, as often as they are there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let pages = || Book::objects().values_list(|b| b.pages());
    /// assert!(pages().union_all(pages()).to_sql().contains(" UNION ALL "));
    /// ```
    pub fn union_all<N: Model, T: Shape<N, Out = S::Out>>(self, other: QuerySet<N, T>) -> Self {
        self.put_together(SetOperator::UnionAll, other.plan)
    }

    /// The rows that are in both, each once.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let pages = || Book::objects().values_list(|b| b.pages());
    /// assert!(pages().intersection(pages()).to_sql().contains(" INTERSECT "));
    /// ```
    pub fn intersection<N: Model, T: Shape<N, Out = S::Out>>(self, other: QuerySet<N, T>) -> Self {
        self.put_together(SetOperator::Intersect, other.plan)
    }

    /// The rows of this one that are not in the other, each once.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let pages = || Book::objects().values_list(|b| b.pages());
    /// assert!(pages().difference(pages()).to_sql().contains(" EXCEPT "));
    /// ```
    pub fn difference<N: Model, T: Shape<N, Out = S::Out>>(self, other: QuerySet<N, T>) -> Self {
        self.put_together(SetOperator::Except, other.plan)
    }

    fn put_together(mut self, operator: SetOperator, other: Plan) -> Self {
        self.plan.more.misuse = self.plan.more.misuse.or(other.more.misuse);
        // SQLite puts a chain together from left to right, so a chain on the left is one.
        if self.plan.more.members.is_empty() || self.plan.is_sliced() || self.plan.distinct {
            let first = self.plan.clone();
            let said = Said {
                joins: first.more.joins.clone(),
                prefetches: first.more.prefetches.clone(),
                deferrals: first.more.deferrals.clone(),
                annotations: first.more.annotations.clone(),
                select: first.more.select.clone(),
                misuse: first.more.misuse,
                members: vec![(SetOperator::Union, first)],
                ..Said::NOTHING
            };
            self.plan = Plan { mode: self.plan.mode, more: said.into(), ..Plan::new(self.plan.meta) };
        }
        // The order of a member says nothing about the whole.
        self.plan.order = None;
        self.plan.reversed = false;
        self.plan.more.members.push((operator, other));
        self
    }

    /// Rows for which the conditions of both hold, or of either, or of one only.
    fn joined(mut self, other: Self, join: fn(Node, Node) -> Node) -> Self {
        let (left, right) = (conditions(&self.plan), conditions(&other.plan));
        let can = |plan: &Plan| !plan.is_closed() && plan.more.grouping.is_none() && !plan.filters_windows();
        if !can(&self.plan) || !can(&other.plan) || self.plan.more.keyset.is_some() || other.plan.more.keyset.is_some()
        {
            self.plan.more.misuse = Some(
                "`&`, `|` and `^` join conditions of querysets that are not cut off, grouped or put together: `union` has their rows",
            );
        }
        self.plan.more.misuse = self.plan.more.misuse.or(other.plan.more.misuse);
        self.plan.filters = smallvec![join(left, right)];
        self.plan.roots.extend(other.plan.roots.iter().copied());
        self.plan.empty = false;
        self
    }
}

/// All conditions of a plan as one, each in a scope of its own as it was.
fn conditions(plan: &Plan) -> Node {
    if plan.empty {
        return Node::new(NodeKind::Or(Vec::new()));
    }
    let scopes = plan.filters.iter().map(|filter| Node::new(NodeKind::Scope(filter.clone())));
    scopes.reduce(Node::and).unwrap_or_else(|| Node::new(NodeKind::And(Vec::new())))
}

macro_rules! operators {
    ($($(#[$docs:meta])* $trait:ident $method:ident $join:ident;)*) => {$(
        $(#[$docs])*
        impl<M: Model, S: Shape<M>> ops::$trait for QuerySet<M, S> {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                self.joined(other, Node::$join)
            }
        }
    )*};
}
operators! {
    /// The rows that are in both: their conditions joined. Order and relations are the first one's.
    BitAnd bitand and;
    /// The rows that are in either: their conditions joined. Order and relations are the first one's.
    BitOr bitor or;
    /// The rows that are in one and not in the other: their conditions joined. Order and relations are the first one's.
    BitXor bitxor xor;
}
