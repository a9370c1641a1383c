//! Column types of the user's own: what `#[derive(DbEnum)]` and `#[derive(DbValue)]` fulfil.

use std::fmt::Display;

use super::{Bind, Datum, Domain, Mismatch, Scalar, Storage, Value};

/// An enum whose variants are the values of a column. Derived: `#[derive(DbEnum)]`.
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
///
/// #[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
/// enum Status {
///     Draft,
///     InReview,
/// }
///
/// let names: Vec<&str> = Status::VARIANTS.iter().map(DbEnum::as_str).collect();
/// assert_eq!(names, ["draft", "in_review"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enum of column values",
    label = "expected an enum with `#[derive(DbEnum)]`"
)]
pub trait DbEnum: Value<Base = Self, Out = Self> {
    /// Every value, in the order of the enum.
    const VARIANTS: &'static [Self];
    /// The text a value is stored as; of an enum that is stored as integers, the name of the variant.
    fn as_str(&self) -> &'static str;
}

/// A type with one value in it.
#[diagnostic::on_unimplemented(
    message = "the primary key is not set, and the database makes none that is a `{Self}`",
    label = "set the key on the builder before this, or give it a default: `#[field(default = ..)]`"
)]
pub trait Inside {
    /// The type of that value.
    type Inner: Value<Base = Self::Inner, Out = Self::Inner>;
    /// The type the column is declared with.
    const STORAGE: Storage = <Self::Inner as Value>::STORAGE;
    /// Which values of that storage it has.
    const DOMAIN: Domain = <Self::Inner as Value>::DOMAIN;
    /// That value.
    fn inner(&self) -> &Self::Inner;
    /// That value, out of it.
    fn into_inner(self) -> Self::Inner;
    /// A value with this one in it.
    ///
    /// # Errors
    ///
    /// The type refuses it, and says why.
    fn wrap(inner: Self::Inner) -> Result<Self, Mismatch>
    where
        Self: Sized;
}

/// A value of a row, in a newtype.
///
/// # Errors
///
/// It is not of the type in it, or refused.
#[inline]
pub fn read_inside<T: Inside>(datum: Datum<'_>) -> Result<T, Mismatch> {
    T::wrap(T::Inner::read(datum)?).map_err(|reason| Mismatch::refused(datum, &reason.0))
}

/// The value in a newtype, on its way into a statement.
pub fn bind_inside<T: Inside>(value: &T) -> Bind<'_> {
    value.inner().bind()
}

/// The value in a newtype, in a record.
pub fn scalar_inside<T: Inside>(value: T) -> Scalar {
    T::Inner::scalar(value.into_inner())
}

/// A conversion that may refuse a value of a row.
///
/// # Errors
///
/// It did.
pub fn accepted_of<T, E: Display>(datum: Datum<'_>, converted: Result<T, E>) -> Result<T, Mismatch> {
    converted.map_err(|reason| Mismatch::refused(datum, &reason))
}

/// The same, of a value that comes from nowhere else.
///
/// # Errors
///
/// It refused.
pub fn accepted<T, E: Display>(converted: Result<T, E>) -> Result<T, Mismatch> {
    converted.map_err(|reason| Mismatch::new(reason.to_string()))
}

/// What a row has in place of a variant of this enum.
#[cold]
pub fn no_variant<E: DbEnum>(datum: Datum<'_>) -> Mismatch {
    let Mismatch(found) = Mismatch::found(datum);
    match datum {
        Datum::Text(_) | Datum::Integer(_) => Mismatch::new(format!("{found}, which is none of {},", E::DOMAIN)),
        _ => Mismatch(found),
    }
}
