//! What `update`, `save_fields`, `only` and `defer` take.

use std::marker::PhantomData;

use super::{Expr, ToOne};
use crate::meta::ColumnMeta;
use crate::model::{Model, Target};
use crate::plan::{Node, NodeKind, Path};
use crate::relation::Deferred;
use crate::value::{IsOwn, Kind, Single, Value};

/// One assignment of an `update`.
#[must_use]
pub struct Assign<R> {
    column: Node,
    value: Node,
    model: PhantomData<fn() -> R>,
}

impl<R> Assign<R> {
    pub(super) fn new(column: Node, value: Node) -> Self {
        Assign { column, value, model: PhantomData }
    }
}

/// `x.field().set(value)`, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not set a field of `{R}`",
    label = "expected `x.field().set(value)`, or a tuple of up to 12 of them"
)]
pub trait AssignSet<R> {
    /// Column and value of each.
    #[doc(hidden)]
    fn assigns(self, assigns: &mut Vec<(Node, Node)>);
}
impl<R> AssignSet<R> for Assign<R> {
    fn assigns(self, assigns: &mut Vec<(Node, Node)>) {
        assigns.push((self.column, self.value));
    }
}

/// The model's own stored fields, or a tuple of them; `()` for none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stored field of `{R}`",
    label = "expected the model's own fields"
)]
pub trait ColumnSet<R> {
    /// The columns' names.
    #[doc(hidden)]
    fn columns(self, columns: &mut Vec<&'static str>);
}
impl<R> ColumnSet<R> for () {
    fn columns(self, _: &mut Vec<&'static str>) {}
}
impl<R, T: Value, K: IsOwn> ColumnSet<R> for Expr<R, T, K> {
    fn columns(self, columns: &mut Vec<&'static str>) {
        if let NodeKind::Column(_, column) = self.node.kind() {
            columns.push(column.name);
        }
    }
}
impl<R: Model, T: Target, K: Kind + IsOwn, N: super::Cross> ColumnSet<R> for ToOne<R, T, K, N> {
    fn columns(self, columns: &mut Vec<&'static str>) {
        columns.push(self.relation().name);
    }
}

/// Deferred columns, or a tuple of them; `()` for none.
#[diagnostic::on_unimplemented(
    message = "only a `Deferred<..>` field can be left unloaded, and this is a plain one",
    label = "not a `Deferred` field",
    note = "a plain field is always loaded: declare it `Deferred<T>` in the model to defer it, or read some columns with `values_list`"
)]
pub trait DeferSet<R> {
    /// Path and column of each.
    #[doc(hidden)]
    fn deferred(self, columns: &mut Vec<(Path, &'static ColumnMeta)>);
}
impl<R, T: Value, K: Single> DeferSet<R> for Expr<R, Deferred<T>, K> {
    fn deferred(self, columns: &mut Vec<(Path, &'static ColumnMeta)>) {
        if let NodeKind::Column(path, column) = self.node.kind() {
            columns.push((path.clone(), column));
        }
    }
}
impl<R> DeferSet<R> for () {
    fn deferred(self, _: &mut Vec<(Path, &'static ColumnMeta)>) {}
}
