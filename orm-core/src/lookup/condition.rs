//! A condition on rows of `R`, and `& | ^ !`.

use std::fmt;
use std::marker::PhantomData;
use std::ops;

use super::{Expr, Order};
use crate::plan::{Node, NodeKind};
use crate::value::{BoolBase, Value};

/// A condition on rows of `R`: what Django's `Q` is.
///
/// Joined with `&`, `|` and `^`, negated with `!`. NULL counts as false, before and after a `!`: a row is in exactly
/// one of `filter(c)` and `filter(!c)`.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub pages: i32, pub hidden: bool }
/// fn visible(b: &Fields<Book>) -> Cond<Book> {
///     !b.hidden() & b.pages().gt(0)
/// }
/// let books = Book::objects().filter(|b| visible(&b) | b.id().eq(1));
/// assert!(books.to_sql().ends_with(
///     r#" WHERE (("book"."hidden" IS NOT TRUE) AND ("book"."pages" > ?1)) OR ("book"."id" = ?2)"#
/// ));
/// ```
#[must_use]
pub struct Cond<R> {
    pub(crate) node: Node,
    model: PhantomData<fn() -> R>,
}

impl<R> Cond<R> {
    pub(crate) fn new(node: Node) -> Self {
        Cond { node, model: PhantomData }
    }
}

/// In an order, a condition is 0 where it does not hold, and 1 where it does.
impl<R> Cond<R> {
    /// The rows for which it does not hold first. (A bare condition in `order_by` is the same.)
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().order_by(|b| b.pages().gt(300).asc());
    /// assert!(books.to_sql().ends_with(r#" ORDER BY ("book"."pages" > ?1) IS TRUE"#));
    /// ```
    pub fn asc(&self) -> Order<R> {
        Order::new(self.as_value(), false)
    }

    /// The rows for which it holds first.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().order_by(|b| (b.pages().gt(300).desc(), b.id()));
    /// assert!(books.to_sql().ends_with(r#" ORDER BY ("book"."pages" > ?1) IS TRUE DESC, "book"."id""#));
    /// ```
    pub fn desc(&self) -> Order<R> {
        Order::new(self.as_value(), true)
    }

    fn as_value(&self) -> Node {
        Node::new(NodeKind::IsTrue(self.node.clone()))
    }
}

impl<R> Clone for Cond<R> {
    fn clone(&self) -> Self {
        Cond::new(self.node.clone())
    }
}

impl<R> fmt::Debug for Cond<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

/// What `filter` takes: a condition or a bool column, of this model.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # use eager_orm::Predicate;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub active: bool }
/// fn ids<P: Predicate<Book>>(f: impl FnOnce(Fields<Book>) -> P) -> String {
///     Book::objects().filter(f).values_list(|b| b.id()).to_sql()
/// }
/// assert_eq!(ids(|b| b.active()), r#"SELECT "book"."id" FROM "book" WHERE "book"."active""#);
/// assert_eq!(ids(|b| b.id().gt(7)), r#"SELECT "book"."id" FROM "book" WHERE "book"."id" > ?1"#);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition on `{R}`",
    label = "expected a condition on `{R}`",
    note = "compare a field of `{R}`: `|x| x.field().eq(value)`; a condition of another model reaches it through a relation: `x.relation().field()`"
)]
pub trait Predicate<R> {
    /// The condition.
    fn cond(self) -> Cond<R>;
}

impl<R> Predicate<R> for Cond<R> {
    fn cond(self) -> Cond<R> {
        self
    }
}

impl<R, T: Value, K> Predicate<R> for Expr<R, T, K>
where
    T::Base: BoolBase,
{
    fn cond(self) -> Cond<R> {
        Cond::new(self.node)
    }
}

macro_rules! logic {
    ($($trait:ident $method:ident $kind:ident;)*) => {$(
        impl<R, P: Predicate<R>> ops::$trait<P> for Cond<R> {
            type Output = Cond<R>;
            fn $method(self, right: P) -> Cond<R> {
                Cond::new(Node::$kind(self.node, right.cond().node))
            }
        }
        impl<R, T: Value<Base = bool>, K, P: Predicate<R>> ops::$trait<P> for Expr<R, T, K> {
            type Output = Cond<R>;
            fn $method(self, right: P) -> Cond<R> {
                Cond::new(Node::$kind(self.node, right.cond().node))
            }
        }
    )*};
}
logic! {
    BitAnd bitand and;
    BitOr bitor or;
    BitXor bitxor xor;
}

impl<R> ops::Not for Cond<R> {
    type Output = Cond<R>;
    fn not(self) -> Cond<R> {
        Cond::new(Node::new(NodeKind::Not(self.node)))
    }
}

impl<R, T: Value<Base = bool>, K> ops::Not for Expr<R, T, K> {
    type Output = Cond<R>;
    fn not(self) -> Cond<R> {
        Cond::new(Node::new(NodeKind::Not(self.node)))
    }
}
