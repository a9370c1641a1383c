//! What `order_by` takes.

use std::marker::PhantomData;

use super::{Cond, Expr, ToOne};
use crate::model::{Model, Target};
use crate::plan::{Node, OrderNode};
use crate::statement::Nulls;
use crate::value::{Kind, Single, Value};

/// One term of an order.
#[must_use]
pub struct Order<R> {
    node: OrderNode,
    model: PhantomData<fn() -> R>,
}

impl<R> Order<R> {
    pub(super) fn new(node: Node, descending: bool) -> Self {
        Order { node: OrderNode { node, descending, nulls: None }, model: PhantomData }
    }

    /// NULLs before everything else. (SQLite's own rule: first when ascending, last when descending.)
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: Option<f64> }
    /// let books = Book::objects().order_by(|b| b.price().desc().nulls_first());
    /// assert!(books.to_sql().ends_with(r#" ORDER BY "book"."price" DESC NULLS FIRST"#));
    /// ```
    pub fn nulls_first(mut self) -> Self {
        self.node.nulls = Some(Nulls::First);
        self
    }

    /// NULLs after everything else.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: Option<f64> }
    /// let books = Book::objects().order_by(|b| b.price().asc().nulls_last());
    /// assert!(books.to_sql().ends_with(r#" ORDER BY "book"."price" NULLS LAST"#));
    /// ```
    pub fn nulls_last(mut self) -> Self {
        self.node.nulls = Some(Nulls::Last);
        self
    }
}

/// A column, `.asc()`, `.desc()`, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an order of `{R}` rows",
    label = "expected a column, `.asc()`, `.desc()`, or a tuple of up to 12 of them"
)]
pub trait OrderSet<R> {
    /// The terms.
    #[doc(hidden)]
    fn orders(self, terms: &mut Vec<OrderNode>);
}

impl<R> OrderSet<R> for Order<R> {
    fn orders(self, terms: &mut Vec<OrderNode>) {
        terms.push(self.node);
    }
}
impl<R, T: Value, K: Single> OrderSet<R> for Expr<R, T, K> {
    fn orders(self, terms: &mut Vec<OrderNode>) {
        terms.push(OrderNode { node: self.node, descending: false, nulls: None });
    }
}
impl<R: Model, T: Target, K: Kind + Single, N: super::Cross> OrderSet<R> for ToOne<R, T, K, N> {
    fn orders(self, terms: &mut Vec<OrderNode>) {
        terms.push(OrderNode { node: self.key_of_row(), descending: false, nulls: None });
    }
}
/// No order, not even the model's own.
impl<R> OrderSet<R> for Cond<R> {
    fn orders(self, terms: &mut Vec<OrderNode>) {
        self.asc().orders(terms);
    }
}
impl<R> OrderSet<R> for () {
    fn orders(self, _: &mut Vec<OrderNode>) {}
}
