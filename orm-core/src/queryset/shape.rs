//! Shapes: what the rows of a queryset become.

use std::marker::PhantomData;
use std::sync::Arc;

use super::Record;
use crate::error::Result;
use crate::group::{Cursor, Instance, Members};
use crate::lookup::{Cond, Cross, Expr, Selection, ToOne};
use crate::model::{Model, Target};
use crate::value::{Kind, Mismatch, Nullness, Scalar, Value};

/// What one row of a queryset on `M` becomes.
pub trait Shape<M: Model>: 'static {
    /// It.
    type Out: 'static;
    /// Reads it.
    ///
    /// # Errors
    ///
    /// A column is not what is promised.
    #[doc(hidden)]
    fn read(row: &mut Cursor<'_>) -> Result<Self::Out, Mismatch>;
    /// The model in it, if there is one: its relations can be loaded.
    #[doc(hidden)]
    fn instance(_: &Self::Out) -> Option<&dyn Instance> {
        None
    }
    /// The names of the types of its values, for messages.
    #[doc(hidden)]
    fn types(_: &mut Vec<&'static str>) {}
    /// Tells the group who is in it.
    #[doc(hidden)]
    fn join(_: &Self::Out, _: &mut Members) {}
    /// Gives a record its names.
    #[doc(hidden)]
    fn name(_: &mut Self::Out, _: &Arc<[String]>) {}
}

/// The model itself.
pub struct Rows;
/// A tuple: `values_list` of several columns.
pub struct Values<V>(PhantomData<V>);
/// One value: `values_list` of one column.
pub struct Column<V>(PhantomData<V>);
/// A record: `values`.
pub struct Records<V>(PhantomData<V>);

impl<M: Model> Shape<M> for Rows {
    type Out = M;
    #[inline]
    fn read(row: &mut Cursor<'_>) -> Result<M, Mismatch> {
        M::decode(row)
    }
    fn instance(row: &M) -> Option<&dyn Instance> {
        Some(row)
    }
    #[inline]
    fn join(row: &M, members: &mut Members) {
        row.list_keys(members);
    }
}

impl<M: Model, V: Selection<M> + 'static> Shape<M> for Values<V> {
    type Out = V::Out;
    #[inline]
    fn read(row: &mut Cursor<'_>) -> Result<V::Out, Mismatch> {
        V::read(row)
    }
    fn types(types: &mut Vec<&'static str>) {
        V::types(types);
    }
}

impl<M: Model, V: Value> Shape<M> for Column<V> {
    type Out = V::Out;
    #[inline]
    fn read(row: &mut Cursor<'_>) -> Result<V::Out, Mismatch> {
        row.value::<V>()
    }
    fn types(types: &mut Vec<&'static str>) {
        types.push(V::NAME);
    }
}

impl<M: Model, V: Selection<M> + 'static> Shape<M> for Records<V> {
    /// The names come from the queryset, and are put in when the rows are read.
    type Out = Record;
    fn read(row: &mut Cursor<'_>) -> Result<Record, Mismatch> {
        let mut scalars: Vec<Scalar> = Vec::new();
        V::scalars(V::read(row)?, &mut scalars);
        Ok(Record::unnamed(scalars))
    }
    fn types(types: &mut Vec<&'static str>) {
        V::types(types);
    }
    fn name(record: &mut Record, names: &Arc<[String]>) {
        record.name(names);
    }
}

/// The model, and what was computed beside it: `annotate`.
pub struct Annotated<V>(PhantomData<V>);
/// A group, by what it is grouped, and its aggregates: `values_list(..).annotate(..)`.
pub struct Grouped<S, V>(PhantomData<(S, V)>);

impl<M: Model, V: Selection<M> + 'static> Shape<M> for Annotated<V> {
    type Out = (M, V::Out);
    fn read(row: &mut Cursor<'_>) -> Result<Self::Out, Mismatch> {
        Ok((M::decode(row)?, V::read(row)?))
    }
    fn instance((row, _): &Self::Out) -> Option<&dyn Instance> {
        Some(row)
    }
    fn join((row, _): &Self::Out, members: &mut Members) {
        row.list_keys(members);
    }
}

impl<M: Model, S: Shape<M>, V: Selection<M> + 'static> Shape<M> for Grouped<S, V> {
    type Out = (S::Out, V::Out);
    fn read(row: &mut Cursor<'_>) -> Result<Self::Out, Mismatch> {
        Ok((S::read(row)?, V::read(row)?))
    }
    fn types(types: &mut Vec<&'static str>) {
        S::types(types);
        V::types(types);
    }
}

/// A group as one record: `values(..).annotate(..)`.
pub struct GroupRecords<V, A>(PhantomData<(V, A)>);

impl<M: Model, V: Selection<M> + 'static, A: Selection<M> + 'static> Shape<M> for GroupRecords<V, A> {
    type Out = Record;
    fn read(row: &mut Cursor<'_>) -> Result<Record, Mismatch> {
        let mut scalars: Vec<Scalar> = Vec::new();
        V::scalars(V::read(row)?, &mut scalars);
        A::scalars(A::read(row)?, &mut scalars);
        Ok(Record::unnamed(scalars))
    }
    fn types(types: &mut Vec<&'static str>) {
        V::types(types);
        A::types(types);
    }
    fn name(record: &mut Record, names: &Arc<[String]>) {
        record.name(names);
    }
}

/// What `values_list` takes; one column makes a flat queryset, which can be a subquery.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected from `{M}`",
    label = "expected a column or an expression of `{M}`, or a tuple of up to 12 of them"
)]
pub trait ValuesOf<M: Model>: Selection<M> {
    /// What a row becomes.
    type Shape: Shape<M, Out = <Self as Selection<M>>::Out>;
}
impl<M: Model, T: Value, K: 'static> ValuesOf<M> for Expr<M, T, K> {
    type Shape = Column<T>;
}
impl<M: Model> ValuesOf<M> for Cond<M> {
    type Shape = Values<Cond<M>>;
}
impl<M: Model, T: Target, K: Kind, N: Cross> ValuesOf<M> for ToOne<M, T, K, N> {
    type Shape = Column<<N::Null as Nullness>::Lift<K::Wrap<T::Key>>>;
}
macro_rules! values_of {
    ($($name:ident)*) => {
        impl<M: Model, $($name: Selection<M> + 'static),*> ValuesOf<M> for ($($name,)*) {
            type Shape = Values<Self>;
        }
    };
}
values_of!(A);
values_of!(A B);
values_of!(A B C);
values_of!(A B C D);
values_of!(A B C D E);
values_of!(A B C D E F);
values_of!(A B C D E F G);
values_of!(A B C D E F G H);
values_of!(A B C D E F G H I);
values_of!(A B C D E F G H I J);
values_of!(A B C D E F G H I J K);
values_of!(A B C D E F G H I J K L);
