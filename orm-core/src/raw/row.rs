//! What a row of a raw statement becomes, and which column each of its values is read from.
//!
//! Values and tuples are matched by place, a projection by the names of its fields, a model by the names of its columns.
//! Which column feeds what is asked once for a statement; a row is then read through that order.

use crate::error::{Error, Result};
use crate::group::{At, Cursor};
use crate::queryset::{Projection, ProjectionFields};
use crate::value::{Mismatch, Value};

/// What a row of a raw statement can become: a value, an `Option` of one, a tuple of up to 12 of them, or a struct with
/// `#[derive(Projection)]`.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// use eager_orm::{RawRow, Result};
///
/// fn one<T: RawRow>(db: &Database, sql: &str) -> Result<T> {
///     raw::<T>(sql, ()).get(db)
/// }
/// # let db = Database::in_memory()?;
/// let answer: (i64, Option<String>) = one(&db, "SELECT 42, NULL")?;
/// assert_eq!(answer, (42, None));
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a row of a raw statement cannot become a `{Self}`",
    label = "expected a value, an Option of one, a tuple of up to 12 of them, or a struct with `#[derive(Projection)]`",
    note = "for the rows of a model write `Model::raw(sql, binds)`"
)]
pub trait RawRow: Sized + 'static {
    /// What it is made of.
    #[doc(hidden)]
    fn shape() -> RowShape;
    /// Reads one.
    ///
    /// # Errors
    ///
    /// A column is not of its type.
    #[doc(hidden)]
    fn read(row: &mut Cursor<'_>) -> Result<Self, Mismatch>;
}

/// What a row is made of.
pub struct RowShape {
    /// The name of it, for messages.
    pub(super) name: &'static str,
    kind: RowKind,
}

enum RowKind {
    /// Values by place, each with the name of its type.
    Places(Vec<&'static str>),
    /// Values by name.
    Names(ProjectionFields),
}

impl RowShape {
    fn places(types: Vec<&'static str>) -> Self {
        RowShape { name: "row", kind: RowKind::Places(types) }
    }

    /// The shape of a projection.
    pub fn projection<P: Projection>() -> Self {
        RowShape { name: P::NAME, kind: RowKind::Names(ProjectionFields::of::<P>()) }
    }

    /// Which column feeds which value. `found` are the columns that may, by name and place.
    pub(super) fn order(&self, found: &[(usize, String)]) -> Result<Vec<At>> {
        let names = || found.iter().map(|(_, name)| name.clone()).collect();
        match &self.kind {
            RowKind::Places(types) if types.len() == found.len() => {
                Ok(found.iter().map(|(at, _)| At::Column(*at)).collect())
            }
            RowKind::Places(types) => Err(Error::ColumnCount { expected: types.len(), found: names() }),
            RowKind::Names(fields) => {
                let column = |name: &str| column(found, name);
                fields.order(&column).map_err(|field| Error::NotSelected {
                    model: self.name,
                    field: field.clone(),
                    column: field,
                    found: names(),
                })
            }
        }
    }

    /// The error of the value that was read last.
    #[cold]
    pub(super) fn error(&self, order: &[At], found: &[(usize, String)], read: usize, mismatch: Mismatch) -> Error {
        let value = read.saturating_sub(1);
        let column = match order.get(value) {
            Some(At::Column(at)) => found.iter().find(|(place, _)| place == at).map(|(_, name)| name.clone()),
            _ => None,
        };
        let (field, expected) = match &self.kind {
            RowKind::Places(types) => (None, types.get(value).copied()),
            RowKind::Names(fields) => {
                fields.get(value).map_or((None, None), |(name, ty)| (Some(name.to_owned()), Some(ty)))
            }
        };
        let column = column.or_else(|| field.clone()).unwrap_or_default();
        Error::Decode {
            model: self.name,
            field: field.unwrap_or_else(|| column.clone()),
            column,
            expected: expected.unwrap_or("value"),
            found: mismatch.0.into_owned(),
        }
    }
}

/// The first column of this name, in the way SQLite compares names.
pub(super) fn column(found: &[(usize, String)], name: &str) -> Option<usize> {
    found.iter().find(|(_, found)| found.eq_ignore_ascii_case(name)).map(|(at, _)| *at)
}

impl RawRow for () {
    fn shape() -> RowShape {
        RowShape::places(Vec::new())
    }
    fn read(_: &mut Cursor<'_>) -> Result<(), Mismatch> {
        Ok(())
    }
}

impl<T: Value<Out = T>> RawRow for T {
    fn shape() -> RowShape {
        RowShape::places(vec![T::NAME])
    }
    fn read(row: &mut Cursor<'_>) -> Result<T, Mismatch> {
        row.value::<T>()
    }
}

macro_rules! rows {
    ($($name:ident)*) => {
        impl<$($name: Value<Out = $name>),*> RawRow for ($($name,)*) {
            fn shape() -> RowShape {
                RowShape::places(vec![$($name::NAME),*])
            }
            fn read(row: &mut Cursor<'_>) -> Result<Self, Mismatch> {
                Ok(($(row.value::<$name>()?,)*))
            }
        }
    };
}
rows!(A);
rows!(A B);
rows!(A B C);
rows!(A B C D);
rows!(A B C D E);
rows!(A B C D E F);
rows!(A B C D E F G);
rows!(A B C D E F G H);
rows!(A B C D E F G H I);
rows!(A B C D E F G H I J);
rows!(A B C D E F G H I J K);
rows!(A B C D E F G H I J K L);
