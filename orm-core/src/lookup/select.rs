//! What `values_list` takes, and how it is read back.

use super::path::KeyValue;
use super::{Cond, Expr, ToOne};
use crate::error::Result;
use crate::group::Cursor;
use crate::model::{Model, Target};
use crate::plan::Node;
use crate::value::{Bind, Datum, IsAgg, Kind, Mismatch, Scalar, Single, Value};

/// A column or an expression of `R`, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected from `{R}`",
    label = "expected a column or an expression of `{R}`, or a tuple of up to 12 of them"
)]
pub trait Selection<R> {
    /// What a row becomes.
    type Out: 'static;
    /// The columns.
    #[doc(hidden)]
    fn nodes(self, nodes: &mut Vec<Node>);
    /// Reads them back.
    ///
    /// # Errors
    ///
    /// A column is not of its type.
    #[doc(hidden)]
    fn read(row: &mut Cursor<'_>) -> Result<Self::Out, Mismatch>;
    /// Takes them from what is known without a row.
    ///
    /// # Errors
    ///
    /// One of them is not of its type.
    #[doc(hidden)]
    fn known(values: &mut dyn Iterator<Item = Bind<'static>>) -> Result<Self::Out, Mismatch>;
    /// The names of their types, for messages.
    #[doc(hidden)]
    fn types(types: &mut Vec<&'static str>);
    /// The values, for a record.
    #[doc(hidden)]
    fn scalars(out: Self::Out, scalars: &mut Vec<Scalar>);
}

impl<R, T: Value, K> Selection<R> for Expr<R, T, K> {
    type Out = T::Out;
    fn nodes(self, nodes: &mut Vec<Node>) {
        nodes.push(self.node);
    }
    #[inline]
    fn read(row: &mut Cursor<'_>) -> Result<T::Out, Mismatch> {
        row.value::<T>()
    }
    fn known(values: &mut dyn Iterator<Item = Bind<'static>>) -> Result<T::Out, Mismatch> {
        known::<T>(values)
    }
    fn types(types: &mut Vec<&'static str>) {
        types.push(T::NAME);
    }
    fn scalars(out: T::Out, scalars: &mut Vec<Scalar>) {
        scalars.push(T::scalar(out));
    }
}

impl<R> Selection<R> for Cond<R> {
    type Out = bool;
    fn nodes(self, nodes: &mut Vec<Node>) {
        nodes.push(self.node);
    }
    fn read(row: &mut Cursor<'_>) -> Result<bool, Mismatch> {
        // A condition that is NULL does not hold.
        Ok(row.value::<Option<bool>>()?.unwrap_or(false))
    }
    fn known(values: &mut dyn Iterator<Item = Bind<'static>>) -> Result<bool, Mismatch> {
        Ok(known::<Option<bool>>(values)?.unwrap_or(false))
    }
    fn types(types: &mut Vec<&'static str>) {
        types.push("bool");
    }
    fn scalars(out: bool, scalars: &mut Vec<Scalar>) {
        scalars.push(Scalar::Bool(out));
    }
}

fn known<T: Value>(values: &mut dyn Iterator<Item = Bind<'static>>) -> Result<T::Out, Mismatch> {
    T::read(match &values.next().unwrap_or(Bind::Null) {
        Bind::Integer(value) => Datum::Integer(*value),
        Bind::Real(value) => Datum::Real(*value),
        Bind::Text(text) => Datum::Text(text.as_bytes()),
        Bind::Blob(bytes) => Datum::Blob(bytes),
        Bind::Null | Bind::Array(_) | Bind::Refused(_) => Datum::Null,
    })
}

impl<R: Model, T: Target, K: Kind, N: super::Cross> Selection<R> for ToOne<R, T, K, N> {
    type Out = <KeyValue<T, K, N> as Value>::Out;
    fn nodes(self, nodes: &mut Vec<Node>) {
        nodes.push(self.key_of_row());
    }
    fn read(row: &mut Cursor<'_>) -> Result<Self::Out, Mismatch> {
        row.value::<KeyValue<T, K, N>>()
    }
    fn known(values: &mut dyn Iterator<Item = Bind<'static>>) -> Result<Self::Out, Mismatch> {
        known::<KeyValue<T, K, N>>(values)
    }
    fn types(types: &mut Vec<&'static str>) {
        types.push(<KeyValue<T, K, N>>::NAME);
    }
    fn scalars(out: Self::Out, scalars: &mut Vec<Scalar>) {
        scalars.push(<KeyValue<T, K, N>>::scalar(out));
    }
}

/// A selection with one value per row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not one value per row of `{R}`",
    label = "expected an expression of `{R}`, or a tuple of them"
)]
pub trait SingleSelection<R>: Selection<R> {}
impl<R, T: Value, K: Single> SingleSelection<R> for Expr<R, T, K> {}
impl<R> SingleSelection<R> for Cond<R> {}
impl<R: Model, T: Target, K: Kind + Single, N: super::Cross> SingleSelection<R> for ToOne<R, T, K, N> {}

/// A selection of aggregates.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate of `{R}`",
    label = "expected aggregates, `x.field().count()`, `.sum()`, `.avg()` .., or a tuple of them"
)]
pub trait AggSelection<R>: Selection<R> {}
impl<R, T: Value, K: IsAgg> AggSelection<R> for Expr<R, T, K> {}
