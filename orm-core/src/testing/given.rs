//! What fields are given: a value, a text with a number in it, or a function of the row's number.

use std::marker::PhantomData;
use std::sync::Arc;

use super::order::Given;
use crate::lookup::{Assign, AssignSet, Expr, Operand};
use crate::model::Model;
use crate::plan::{Node, NodeKind};
use crate::value::{Accepts, Bind, IsOwn, Kind, TextBase, Value};

/// Why a value is none that a bake can set.
const NO_VALUE: &str = "a bake sets values: an expression is computed by the database";

/// A field and what it is given, untyped.
#[doc(hidden)]
pub struct GivenField {
    pub(super) field: &'static str,
    pub(super) given: Given,
}

/// What [`with`](super::Bake::with) takes: `x.field().set(value)`, `x.field().seq("..")`, `x.field().each(|i| ..)`, or a
/// tuple of up to 12 of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no field of `{R}` a value",
    label = "expected `x.field().set(value)`, `x.field().seq(\"..\")`, `x.field().each(|i| ..)`, or a tuple of up to 12 of them"
)]
pub trait GivenSet<R> {
    /// The fields and what each is given.
    #[doc(hidden)]
    fn given(self, given: &mut Vec<GivenField>);
}

impl<R> GivenSet<R> for Assign<R> {
    fn given(self, given: &mut Vec<GivenField>) {
        let mut assigns = Vec::new();
        self.assigns(&mut assigns);
        for (column, value) in assigns {
            let Some(field) = field_of(&column) else { continue };
            given.push(GivenField { field, given: Given::Constant(value_of(&value)) });
        }
    }
}

/// A field that has another value in each row. Made by [`Expr::seq`] and [`Expr::each`].
#[must_use]
pub struct Varied<R> {
    field: GivenField,
    model: PhantomData<fn() -> R>,
}

impl<R> GivenSet<R> for Varied<R> {
    fn given(self, given: &mut Vec<GivenField>) {
        given.push(self.field);
    }
}

/// The stored field that a node stands for.
fn field_of(node: &Node) -> Option<&'static str> {
    match node.kind() {
        NodeKind::Column(_, column) => Some(column.name),
        NodeKind::ForeignKey(_, relation) => Some(relation.name),
        _ => None,
    }
}

fn value_of(node: &Node) -> Bind<'static> {
    match node.kind() {
        NodeKind::Bind(bind) => bind.clone(),
        _ => Bind::Refused(NO_VALUE),
    }
}

impl<R: Model, T: Value, K: Kind + IsOwn> Expr<R, T, K> {
    /// In a [`bake`](fn@super::bake): a text with the row's number, counted from 1, in place of `{}`; without `{}`, after it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{prelude::*, testing::{self, bake}};
    /// # #[derive(Model)]
    /// # pub struct User { pub id: i64, pub email: String }
    /// # let db = testing::database(models![User])?;
    /// let users = bake::<User>().with(|u| u.email().seq("user{}@example.org")).quantity(2).create(&db)?;
    /// assert_eq!(users[1].email, "user2@example.org");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn seq(&self, pattern: &str) -> Varied<R>
    where
        T::Base: TextBase,
    {
        let pattern = if pattern.contains("{}") { pattern.to_owned() } else { format!("{pattern}{{}}") };
        self.varied(move |number| Bind::Text(pattern.replace("{}", &(number + 1).to_string()).into()))
    }

    /// In a [`bake`](fn@super::bake): a value for each row, by its number, counted from 0. (Of a foreign key it is the key that
    /// is given: `b.author().key().each(|i| ..)`.)
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{prelude::*, testing::{self, bake}};
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32, pub series: Option<String> }
    /// # let db = testing::database(models![Book])?;
    /// let books = bake::<Book>()
    ///     .with(|b| (b.pages().each(|i| 100 + i as i32), b.series().each(|i| (i > 0).then_some("Dune"))))
    ///     .quantity(2)
    ///     .create(&db)?;
    /// assert_eq!((books[1].pages, books[1].series.as_deref()), (101, Some("Dune")));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn each<V: Operand<R, T::Base>>(&self, f: impl Fn(usize) -> V + Send + Sync + 'static) -> Varied<R>
    where
        T::Null: Accepts<V::Null>,
    {
        self.varied(move |number| value_of(&f(number).node()))
    }

    fn varied(&self, f: impl Fn(usize) -> Bind<'static> + Send + Sync + 'static) -> Varied<R> {
        let field = field_of(&self.node).unwrap_or("?");
        Varied { field: GivenField { field, given: Given::By(Arc::new(f)) }, model: PhantomData }
    }
}

macro_rules! tuple {
    ($($name:ident)*) => {
        #[allow(non_snake_case, reason = "the type parameters' names serve as the elements' too")]
        impl<R, $($name: GivenSet<R>),*> GivenSet<R> for ($($name,)*) {
            fn given(self, given: &mut Vec<GivenField>) {
                let ($($name,)*) = self;
                $($name.given(given);)*
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
