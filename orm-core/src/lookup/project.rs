//! What the fields of a projection are checked against: the derive writes one call for each, and a field that does not
//! fit does not compile.

use super::path::KeyValue;
use super::{Cond, Cross, Expr, ToOne};
use crate::model::{Fields, Model, Target};
use crate::plan::{Node, Path};
use crate::statement::Function;
use crate::value::{Bind, Kind, Never, NotNull, Null, Nullness, Single, Value};

/// One value for each row of `R`, in a field of a projection.
#[diagnostic::on_unimplemented(
    message = "a field of a projection is one value, and here there is `{Self}`",
    label = "there is not one value of this",
    note = "of many related rows make one value: `#[projection(with = |x| x.many().count())]`, or load them with a model and `prefetch_related`"
)]
pub trait Projected<R> {
    /// The type of it.
    type Value: Value;
    /// It.
    #[doc(hidden)]
    fn projected(self) -> Node;
}

impl<R, T: Value, K: Single> Projected<R> for Expr<R, T, K> {
    type Value = T;
    fn projected(self) -> Node {
        self.node
    }
}

impl<R> Projected<R> for Cond<R> {
    type Value = bool;
    /// A condition that is NULL does not hold.
    fn projected(self) -> Node {
        Node::call(Function::Coalesce, vec![self.node, Node::bind(Bind::Integer(0))])
    }
}

impl<R: Model, T: Target, K: Kind + Single, N: Cross> Projected<R> for ToOne<R, T, K, N> {
    type Value = KeyValue<T, K, N>;
    fn projected(self) -> Node {
        self.key_of_row()
    }
}

/// A relation that a path of a projection can cross.
#[diagnostic::on_unimplemented(
    message = "a path of a projection goes through relations to one row, and this is `{Self}`",
    label = "expected a `ForeignKey`, an `Option<ForeignKey>` or a `HasOne`",
    note = "of many related rows make one value: `#[projection(with = |x| x.many().count())]`, or load them with a model and `prefetch_related`"
)]
pub trait Crossed {
    /// The model it leads to.
    type Target: Model;
    /// Whether there may be no row.
    type Null: Nullness;
    /// The target's fields.
    type Fields;
    /// Them.
    #[doc(hidden)]
    fn crossed(&self) -> &Self::Fields;
    /// The path to it.
    #[doc(hidden)]
    fn to(&self) -> Path;
}

impl<R: Model, T: Target, K: Kind, N: Cross> Crossed for ToOne<R, T, K, N> {
    type Target = T;
    type Null = <KeyValue<T, K, N> as Value>::Null;
    type Fields = Fields<T, R, N::To<K>>;
    fn crossed(&self) -> &Self::Fields {
        self.fields()
    }
    fn to(&self) -> Path {
        self.path()
    }
}

/// Crosses a relation.
pub fn crossed<C: Crossed>(relation: &C) -> &C::Fields {
    relation.crossed()
}

/// A field of this type has what a value of type `B` is read into.
#[diagnostic::on_unimplemented(
    message = "this field is a `{Self}`, and what is selected for it is a `{B}`",
    label = "expected `{B}`",
    note = "a field of a projection has the type of the model's field; a foreign key's is the type of the key"
)]
pub trait Holds<B> {}
impl<B> Holds<B> for B {}
/// With one impl only, rustc would report a type mismatch and not the text above.
impl<B: Value> Holds<Never> for B {}

/// A projection of this model can be nested where a relation leads to that one.
#[diagnostic::on_unimplemented(
    message = "this is a projection of `{Self}`, and the relation leads to `{M}`",
    label = "expected a projection of `{M}`",
    note = "another relation is named by its path: `#[projection(nested, path = \"..\")]`"
)]
pub trait IsModel<M> {}
impl<M> IsModel<M> for M {}
impl<M: Model> IsModel<Never> for M {}

/// A field of this nullness takes a value of that one.
#[diagnostic::on_unimplemented(
    message = "what is selected for this field may be NULL, and the field has no room for that",
    label = "expected an `Option` here",
    note = "the column is nullable, or a key on the way to it is: write `Option<..>`"
)]
pub trait HasRoom<N> {}
impl HasRoom<NotNull> for NotNull {}
impl HasRoom<Never> for NotNull {}
impl HasRoom<NotNull> for Null {}
impl HasRoom<Null> for Null {}
