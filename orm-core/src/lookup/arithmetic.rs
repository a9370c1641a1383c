//! `+ - * /` between a column and an operand: Django's `F`.

use std::ops;

use super::{Expr, Operand};
use crate::plan::Node;
use crate::statement::Operator;
use crate::value::{Meet, Nullness, Numeric, Value};

/// `T`, with room for NULL if `V` may be NULL.
type Lifted<V, R, T> = <<V as Operand<R, <T as Value>::Base>>::Null as Nullness>::Lift<T>;

macro_rules! arithmetic {
    ($($trait:ident $method:ident;)*) => {$(
        impl<R, T: Numeric, K: Meet<V::Kind>, V: Operand<R, T::Base>> ops::$trait<V> for Expr<R, T, K> {
            type Output = Expr<R, Lifted<V, R, T>, <K as Meet<V::Kind>>::Out>;
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

impl<R, T: Numeric, K: Meet<V::Kind>, V: Operand<R, T::Base>> ops::Div<V> for Expr<R, T, K> {
    /// With room for NULL: SQLite answers NULL for x / 0.
    type Output = Expr<R, T::Nullable, <K as Meet<V::Kind>>::Out>;
    fn div(self, right: V) -> Self::Output {
        Expr::new(Node::binary(Operator::Div, self.node, right.node()))
    }
}
