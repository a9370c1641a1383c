//! An expression of a query on `R`, and its comparisons.

use std::fmt;
use std::marker::PhantomData;

use super::{Assign, Cond, InSet, Operand, Order};
use crate::meta::ColumnMeta;
use crate::plan::{Node, NodeKind, Path};
use crate::statement::{Function, Operator};
use crate::value::{Accepts, IsOwn, Kind, Nullness, One, Single, Value};

/// A column or a computed value of type `T`, in a query on `R`. `K` says how many values there are for one row; it is
/// never written.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub title: String, pub pages: i32, pub price: f64, pub isbn: Option<String> }
/// let books = Book::objects()
///     .filter(|b| b.pages().gt(300) & (b.price() * 2).le(b.pages().cast::<f64>()))
///     .filter(|b| b.isbn().is_null() | b.title().in_(["Dune", "Emma"]));
/// assert_eq!(
///     books.to_sql(),
///     r#"SELECT "book"."id", "book"."title", "book"."pages", "book"."price", "book"."isbn" FROM "book" WHERE ("book"."pages" > ?1) AND (("book"."price" * ?2) <= CAST("book"."pages" AS REAL)) AND (("book"."isbn" IS NULL) OR ("book"."title" IN (SELECT value FROM rarray(?3))))"#,
/// );
/// ```
#[must_use]
pub struct Expr<R, T, K = One> {
    pub(crate) node: Node,
    types: PhantomData<fn() -> (R, T, K)>,
}

impl<R, T, K> Clone for Expr<R, T, K> {
    fn clone(&self) -> Self {
        Expr::new(self.node.clone())
    }
}

impl<R, T, K> fmt::Debug for Expr<R, T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

impl<R, T, K> Expr<R, T, K> {
    pub(crate) fn new(node: Node) -> Self {
        Expr { node, types: PhantomData }
    }

    /// A column of the model at the end of a path.
    #[doc(hidden)]
    pub fn column(path: &Path, column: &'static ColumnMeta) -> Self {
        Expr::new(Node::new(NodeKind::Column(path.clone(), column)))
    }

    pub(super) fn call<U, K2>(&self, function: Function) -> Expr<R, U, K2> {
        Expr::new(Node::call(function, vec![self.node.clone()]))
    }

    fn compare(&self, operator: Operator, right: Node) -> Cond<R> {
        Cond::new(Node::binary(operator, self.node.clone(), right))
    }
}

impl<R, T: Value, K: Kind> Expr<R, T, K> {
    /// `=`. A `None` is compared with `IS`: use [`is_null`](Self::is_null) for the literal.
    pub fn eq<V: Operand<R, T::Base>>(&self, value: V) -> Cond<R> {
        Cond::new(Node::equal(self.node.clone(), value.node()))
    }

    /// `<>`: a row with NULL is not different from anything; `!x.eq(..)` keeps it.
    pub fn ne<V: Operand<R, T::Base>>(&self, value: V) -> Cond<R> {
        Cond::new(Node::not_equal(self.node.clone(), value.node()))
    }

    /// `>`.
    pub fn gt<V: Operand<R, T::Base>>(&self, value: V) -> Cond<R> {
        self.compare(Operator::Gt, value.node())
    }

    /// `>=`.
    pub fn ge<V: Operand<R, T::Base>>(&self, value: V) -> Cond<R> {
        self.compare(Operator::Ge, value.node())
    }

    /// `<`.
    pub fn lt<V: Operand<R, T::Base>>(&self, value: V) -> Cond<R> {
        self.compare(Operator::Lt, value.node())
    }

    /// `<=`.
    pub fn le<V: Operand<R, T::Base>>(&self, value: V) -> Cond<R> {
        self.compare(Operator::Le, value.node())
    }

    /// `BETWEEN`, both ends included.
    pub fn between<A: Operand<R, T::Base>, B: Operand<R, T::Base>>(&self, low: A, high: B) -> Cond<R> {
        Cond::new(Node::new(NodeKind::Between(self.node.clone(), low.node(), high.node())))
    }

    /// `IN`: an array, a vector, a slice, or a queryset of one column. NULL among them matches nothing, and an empty
    /// set matches no row.
    pub fn in_<S: InSet<R, T::Base>>(&self, set: S) -> Cond<R> {
        set.contains(self.node.clone())
    }

    /// `IS NULL`.
    pub fn is_null(&self) -> Cond<R> {
        Cond::new(Node::new(NodeKind::IsNull(self.node.clone())))
    }

    /// Least first. (A bare column in `order_by` is the same.)
    pub fn asc(&self) -> Order<R>
    where
        K: Single,
    {
        Order::new(self.node.clone(), false)
    }

    /// Greatest first.
    pub fn desc(&self) -> Order<R>
    where
        K: Single,
    {
        Order::new(self.node.clone(), true)
    }

    /// This value, or that one where this is NULL.
    pub fn coalesce<V: Operand<R, T::Base>>(
        &self,
        value: V,
    ) -> Expr<R, <V::Null as Nullness>::Lift<T::Base>, K::Computed> {
        Expr::new(Node::call(Function::Coalesce, vec![self.node.clone(), value.node()]))
    }

    /// NULL where this is that value.
    pub fn nullif<V: Operand<R, T::Base>>(&self, value: V) -> Expr<R, T::Nullable, K::Computed> {
        Expr::new(Node::call(Function::Nullif, vec![self.node.clone(), value.node()]))
    }

    /// The greater of this and that value; NULL if one of them is.
    pub fn greatest<V: Operand<R, T::Base>>(&self, value: V) -> Expr<R, <V::Null as Nullness>::Lift<T>, K::Computed> {
        Expr::new(Node::call(Function::Max, vec![self.node.clone(), value.node()]))
    }

    /// The less of this and that value; NULL if one of them is.
    pub fn least<V: Operand<R, T::Base>>(&self, value: V) -> Expr<R, <V::Null as Nullness>::Lift<T>, K::Computed> {
        Expr::new(Node::call(Function::Min, vec![self.node.clone(), value.node()]))
    }

    /// The value as another type, by SQLite's own rules.
    pub fn cast<U: Value<Base = U>>(&self) -> Expr<R, <T::Null as Nullness>::Lift<U>, K::Computed> {
        Expr::new(Node::new(NodeKind::Cast(self.node.clone(), U::STORAGE)))
    }

    /// An assignment, for `update`.
    pub fn set<V: Operand<R, T::Base>>(&self, value: V) -> Assign<R>
    where
        K: IsOwn,
        T::Null: Accepts<V::Null>,
    {
        Assign::new(self.node.clone(), value.node())
    }
}
