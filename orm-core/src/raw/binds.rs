//! The values a raw statement is given: any of the library's own, in a tuple, an array or a vector.

use std::borrow::Cow;

use crate::value::{Bind, Value};

/// A value that can be bound: what a column can hold, text and bytes by reference, or a [`Bind`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound in a raw statement",
    label = "expected a value that a column can hold, `&str`, `&[u8]`, or an Option of one"
)]
pub trait ToBind {
    /// The value on its way into a statement.
    ///
    /// # Examples
    ///
    /// ```
    /// use eager_orm::{Bind, ToBind};
    ///
    /// assert_eq!(7_i64.to_bind(), Bind::Integer(7));
    /// assert_eq!("sf".to_bind(), Bind::Text("sf".into()));
    /// assert_eq!(None::<f64>.to_bind(), Bind::Null);
    /// ```
    fn to_bind(self) -> Bind<'static>;
}

impl<T: Value> ToBind for T {
    fn to_bind(self) -> Bind<'static> {
        Value::bind(&self).into_owned()
    }
}
impl ToBind for Bind<'_> {
    fn to_bind(self) -> Bind<'static> {
        self.into_owned()
    }
}
impl ToBind for &str {
    fn to_bind(self) -> Bind<'static> {
        Bind::Text(Cow::Owned(self.to_owned()))
    }
}
impl ToBind for &String {
    fn to_bind(self) -> Bind<'static> {
        self.as_str().to_bind()
    }
}
impl ToBind for &[u8] {
    fn to_bind(self) -> Bind<'static> {
        Bind::Blob(Cow::Owned(self.to_owned()))
    }
}
impl ToBind for Option<&str> {
    fn to_bind(self) -> Bind<'static> {
        self.map_or(Bind::Null, ToBind::to_bind)
    }
}

/// The binds of a raw statement, for `?1`, `?2` .. in order: `()`, a tuple of up to 12 values, an array, a slice or a
/// vector. Values of several types that are not known before go into a `Vec<Bind>`.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # use eager_orm::Bind;
/// # let db = Database::in_memory()?;
/// let (text, number): (String, i64) = raw("SELECT ?1, ?2", ("a", 1_i64)).get(&db)?;
/// assert_eq!((text.as_str(), number), ("a", 1));
/// assert_eq!(raw::<i64>("SELECT ?1 + ?2", [1_i64, 2]).get(&db)?, 3);
/// assert_eq!(raw::<i64>("SELECT ?1 + ?2", vec![Bind::Integer(1), Bind::Integer(2)]).get(&db)?, 3);
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the binds of a raw statement",
    label = "expected `()`, a tuple of up to 12 values, an array or a vector",
    note = "one value is a tuple too: `(value,)`"
)]
pub trait Binds {
    /// Them.
    #[doc(hidden)]
    fn binds(self) -> Vec<Bind<'static>>;
}

impl Binds for () {
    fn binds(self) -> Vec<Bind<'static>> {
        Vec::new()
    }
}
impl<T: ToBind> Binds for Vec<T> {
    fn binds(self) -> Vec<Bind<'static>> {
        self.into_iter().map(ToBind::to_bind).collect()
    }
}
impl<T: ToBind, const N: usize> Binds for [T; N] {
    fn binds(self) -> Vec<Bind<'static>> {
        self.into_iter().map(ToBind::to_bind).collect()
    }
}
impl<T: ToBind + Clone> Binds for &[T] {
    fn binds(self) -> Vec<Bind<'static>> {
        self.iter().cloned().map(ToBind::to_bind).collect()
    }
}

macro_rules! binds {
    ($($name:ident)*) => {
        impl<$($name: ToBind),*> Binds for ($($name,)*) {
            #[allow(non_snake_case, reason = "the type parameters' names serve as the elements' too")]
            fn binds(self) -> Vec<Bind<'static>> {
                let ($($name,)*) = self;
                vec![$($name.to_bind()),*]
            }
        }
    };
}
binds!(A);
binds!(A B);
binds!(A B C);
binds!(A B C D);
binds!(A B C D E);
binds!(A B C D E F);
binds!(A B C D E F G);
binds!(A B C D E F G H);
binds!(A B C D E F G H I);
binds!(A B C D E F G H I J);
binds!(A B C D E F G H I J K);
binds!(A B C D E F G H I J K L);
