//! What a derive knows about a projection, between reading it and writing its code.
//!
//! As `model` is for models: it keeps the types and places of the source, and neither attributes nor generated code.

use proc_macro2::{Ident, Span};
use syn::{Expr, Path, Type};

/// The struct as it was read.
pub(crate) struct Projection {
    pub(crate) ident: Ident,
    /// The name without `r#`.
    pub(crate) name: String,
    /// The crate that the generated code names.
    pub(crate) facade: Path,
    /// The model it is read from. `None` only beside an error.
    pub(crate) model: Option<Path>,
    pub(crate) fields: Vec<Field>,
}

/// One field of the struct.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// The name without `r#`.
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) source: Source,
}

/// Where the value of a field comes from.
pub(crate) enum Source {
    /// A field of the model, or of one it points at.
    Path(FieldPath),
    /// A projection of the row at the end of a path.
    Nested(FieldPath),
    /// A function of the model's fields.
    Computed(Expr),
    /// An error has been reported.
    Unreadable,
}

/// The fields that lead to a value, as methods, at the place where they were named.
pub(crate) struct FieldPath {
    pub(crate) before: Vec<Ident>,
    pub(crate) last: Ident,
}

/// The words of one field's attributes, with the places of those that contradict each other.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) path: Option<(FieldPath, Span)>,
    pub(crate) nested: Option<Span>,
    pub(crate) with: Option<Expr>,
}
