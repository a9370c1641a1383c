//! What a derive knows about a column type of the user's own: a newtype, an enum, or what is stored as another type.

use proc_macro2::Ident;
use syn::{Member, Path, Type};

/// The type as it was read.
pub(crate) struct ColumnType {
    pub(crate) ident: Ident,
    /// The name without `r#`.
    pub(crate) name: String,
    /// The crate that the generated code names.
    pub(crate) facade: Path,
    /// It can be a primary key.
    pub(crate) key: bool,
    pub(crate) kind: Kind,
}

/// How its values are stored.
pub(crate) enum Kind {
    /// As the one value in it. `checked`: a value that is read goes through `TryFrom`.
    Newtype { member: Member, inner: Type, checked: bool },
    /// As a value of another type, by conversions that the user writes.
    StoredAs { stored: Type },
    /// One of these texts.
    Texts(Vec<Variant>),
    /// One of the discriminants.
    Integers(Vec<Variant>),
    /// An error has been reported.
    Unreadable,
}

/// A variant of an enum, and the text it is known by.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) name: String,
}
