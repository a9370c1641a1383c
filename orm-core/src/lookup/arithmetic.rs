//! `+ - * / %` between a column and an operand, and `-` before one: Django's `F`.

use std::ops;

use super::{Expr, Lifted, Operand};
use crate::plan::{Node, NodeKind};
use crate::statement::{Function, Operator};
use crate::value::{Bind, Kind, Meet, Nullness, Numeric, Storage, Value};

macro_rules! arithmetic {
    ($($trait:ident $method:ident;)*) => {$(
        impl<R, T: Numeric, K: Meet<V::Kind>, V: Operand<R, T::Base>> ops::$trait<V> for Expr<R, T, K> {
            type Output = Expr<R, Lifted<T, V, R, T::Base>, <K as Meet<V::Kind>>::Out>;
            fn $method(self, right: V) -> Self::Output {
                Expr::new(Node::binary(Operator::$trait, self.node, right.node()))
            }
        }
    )*};
}
arithmetic! {
    Add add;
    Sub sub;
    Mul mul;
}

impl<R, T: Value, K: Kind> Expr<R, T, K> {
    /// The number without its sign.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// let books = Book::objects().values_list(|b| (b.pages() - 300).abs());
    /// assert_eq!(books.to_sql(), r#"SELECT abs("book"."pages" - ?1) FROM "book""#);
    /// ```
    pub fn abs(&self) -> Expr<R, T, K::Computed>
    where
        T: Numeric,
    {
        self.call(Function::Abs)
    }

    /// The number rounded to so many digits after the point, from 0 to 30; SQLite takes less for 0 and more for 30.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub price: f64 }
    /// let books = Book::objects().values_list(|b| b.price().round(1));
    /// assert_eq!(books.to_sql(), r#"SELECT round("book"."price", ?1) FROM "book""#);
    /// ```
    pub fn round(&self, digits: i64) -> Expr<R, <T::Null as Nullness>::Lift<f64>, K::Computed>
    where
        T: Numeric,
    {
        Expr::new(Node::call(Function::Round, vec![self.node.clone(), Node::bind(Bind::Integer(digits))]))
    }
}

impl<R, T: Numeric, K: Meet<V::Kind>, V: Operand<R, T::Base>> ops::Div<V> for Expr<R, T, K> {
    /// With room for NULL: SQLite answers NULL for x / 0.
    type Output = Expr<R, T::Nullable, <K as Meet<V::Kind>>::Out>;
    fn div(self, right: V) -> Self::Output {
        Expr::new(Node::binary(Operator::Div, self.node, right.node()))
    }
}

impl<R, T: Numeric, K: Meet<V::Kind>, V: Operand<R, T::Base>> ops::Rem<V> for Expr<R, T, K> {
    /// With room for NULL: SQLite answers NULL for x % 0.
    type Output = Expr<R, T::Nullable, <K as Meet<V::Kind>>::Out>;
    /// The rest of a division, with the sign of what is divided.
    fn rem(self, right: V) -> Self::Output {
        // SQLite's operator makes integers of floats first.
        Expr::new(match <T::Base as Value>::STORAGE {
            Storage::Real => Node::call(Function::Rem, vec![self.node, right.node()]),
            _ => Node::binary(Operator::Rem, self.node, right.node()),
        })
    }
}

impl<R, T: Numeric, K: Kind> ops::Neg for Expr<R, T, K> {
    type Output = Expr<R, T, K::Computed>;
    fn neg(self) -> Self::Output {
        Expr::new(Node::new(NodeKind::Negate(self.node)))
    }
}
