//! What can be given for a relation: rows that are baked with the others, or rows that are there already.

use std::sync::Arc;

use super::bake::Bake;
use super::order::Order;
use crate::model::Model;
use crate::value::Bind;

/// Rows of a relation, untyped.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub enum Relatives {
    /// To be made.
    Baked(Box<Order>),
    /// There already: their keys.
    Rows(Arc<[Bind<'static>]>),
}

/// What [`with_one`](Bake::with_one) and [`with_many`](Bake::with_many) take: a [`Bake`], or rows that are there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no row of `{T}`, and no rows",
    label = "expected `bake::<{T}>()..`, a row `&{T}`, or rows `&[{T}]`"
)]
pub trait RelatedRows<T: Model> {
    /// They, untyped.
    #[doc(hidden)]
    fn relatives(self) -> Relatives;
}

impl<T: Model> RelatedRows<T> for Bake<T> {
    fn relatives(self) -> Relatives {
        Relatives::Baked(Box::new(self.order))
    }
}

impl<T: Model> RelatedRows<T> for &Bake<T> {
    fn relatives(self) -> Relatives {
        self.clone().relatives()
    }
}

impl<T: Model> RelatedRows<T> for &T {
    fn relatives(self) -> Relatives {
        std::slice::from_ref(self).relatives()
    }
}

impl<T: Model> RelatedRows<T> for &[T] {
    fn relatives(self) -> Relatives {
        Relatives::Rows(self.iter().map(|row| row.key_ref().bind().into_owned()).collect())
    }
}

impl<T: Model> RelatedRows<T> for &Vec<T> {
    fn relatives(self) -> Relatives {
        self.as_slice().relatives()
    }
}

impl<T: Model, const N: usize> RelatedRows<T> for &[T; N] {
    fn relatives(self) -> Relatives {
        self.as_slice().relatives()
    }
}
