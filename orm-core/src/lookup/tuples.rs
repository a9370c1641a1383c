//! Tuples of up to twelve, for everything that takes several.

use super::{
    AggSelection, AssignSet, ColumnSet, DeferSet, JoinSet, OrderSet, PrefetchSet, Selection, SingleSelection, TextParts,
};
use crate::group::Cursor;
use crate::meta::ColumnMeta;
use crate::plan::{Node, OrderNode, Path, PrefetchNode};
use crate::value::{Bind, Mismatch, Scalar};

macro_rules! tuple {
    ($($name:ident)*) => {
        #[allow(non_snake_case, reason = "the type parameters' names serve as the elements' too")]
        impl<R, $($name: Selection<R>),*> Selection<R> for ($($name,)*) {
            type Out = ($($name::Out,)*);
            fn nodes(self, nodes: &mut Vec<Node>) {
                let ($($name,)*) = self;
                $($name.nodes(nodes);)*
            }
            #[inline]
            fn read(row: &mut Cursor<'_>) -> Result<Self::Out, Mismatch> {
                Ok(($($name::read(row)?,)*))
            }
            fn known(values: &mut dyn Iterator<Item = Bind<'static>>) -> Result<Self::Out, Mismatch> {
                Ok(($($name::known(values)?,)*))
            }
            fn types(types: &mut Vec<&'static str>) {
                $($name::types(types);)*
            }
            fn scalars(out: Self::Out, scalars: &mut Vec<Scalar>) {
                let ($($name,)*) = out;
                $(<$name as Selection<R>>::scalars($name, scalars);)*
            }
        }
        impl<R, $($name: SingleSelection<R>),*> SingleSelection<R> for ($($name,)*) {}
        impl<R, $($name: AggSelection<R>),*> AggSelection<R> for ($($name,)*) {}
        tuple!(@ OrderSet orders OrderNode; $($name)*);
        tuple!(@ AssignSet assigns (Node, Node); $($name)*);
        tuple!(@ ColumnSet columns &'static str; $($name)*);
        tuple!(@ DeferSet deferred (Path, &'static ColumnMeta); $($name)*);
        tuple!(@ JoinSet joins Path; $($name)*);
        tuple!(@ PrefetchSet prefetches PrefetchNode; $($name)*);
        tuple!(@ TextParts parts Node; $($name)*);
    };
    (@ $trait:ident $method:ident $item:ty; $($name:ident)*) => {
        #[allow(non_snake_case, reason = "the type parameters' names serve as the elements' too")]
        impl<R, $($name: $trait<R>),*> $trait<R> for ($($name,)*) {
            fn $method(self, out: &mut Vec<$item>) {
                let ($($name,)*) = self;
                $($name.$method(out);)*
            }
        }
    };
}
tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
tuple!(A B C D E F G);
tuple!(A B C D E F G H);
tuple!(A B C D E F G H I);
tuple!(A B C D E F G H I J);
tuple!(A B C D E F G H I J K);
tuple!(A B C D E F G H I J K L);
