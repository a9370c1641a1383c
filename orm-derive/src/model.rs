//! What a derive knows about a model, between reading it and writing its code.
//!
//! Comes from `parse`, is completed by `check`, is read by `expand`. It keeps the types and places of the source, for
//! errors and spans, no attributes but those that are handed on, and no generated code.

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Path, Type, Visibility};

use crate::symbol;

/// A model whose names have been looked up: what `expand` reads.
pub(crate) struct Checked {
    pub(crate) model: Model,
    /// `None` only beside an error.
    pub(crate) key: Option<Key>,
    pub(crate) ordering: Vec<ColumnOrder>,
    pub(crate) indexes: Vec<ColumnIndex>,
}

/// The struct as it was read.
pub(crate) struct Model {
    pub(crate) ident: Ident,
    /// The name without `r#`.
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    /// The crate that the generated code names.
    pub(crate) facade: Path,
    pub(crate) table: String,
    pub(crate) fields: Vec<Field>,
    /// The fields of a key of several, and where they are named.
    pub(crate) primary_key: Option<(Vec<Named>, Span)>,
    pub(crate) ordering: Vec<OrderTerm>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) checks: Vec<Check>,
    /// The functions that say what is wrong with a row.
    pub(crate) validators: Vec<Expr>,
    /// The model has hooks: an `impl Hooks` of the user's.
    pub(crate) hooks: bool,
    /// `impl Serialize` is written.
    pub(crate) serialize: bool,
    /// The struct's attributes of serde's, for that.
    pub(crate) serde: Vec<Attribute>,
}

impl Model {
    /// The fields that are columns, in the order of declaration: their positions are the columns' positions.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&Field, &Stored)> {
        self.fields.iter().filter_map(|field| match &field.kind {
            FieldKind::Stored(stored) => Some((field, &**stored)),
            _ => None,
        })
    }

    /// The columns that an insert may say something about, with their positions among all.
    pub(crate) fn inserted(&self) -> impl Iterator<Item = (usize, &Field, &Stored)> {
        let numbered = self.columns().enumerate().map(|(position, (field, stored))| (position, field, stored));
        numbered.filter(|(.., stored)| stored.insert() != Insert::ReadOnly)
    }

    /// There are rules that the description of the columns does not have.
    pub(crate) fn has_rules(&self) -> bool {
        !self.validators.is_empty() || self.columns().any(|(_, stored)| stored.rules().next().is_some())
    }

    /// The columns without which a row cannot be inserted, or may not be.
    pub(crate) fn required(&self) -> impl Iterator<Item = (&Field, &Stored)> {
        self.columns().filter(|(_, stored)| stored.insert().is_asked_for())
    }
}

/// One field of the struct.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// The name without `r#`.
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    /// The type as written, with `Self` spelled out.
    pub(crate) ty: Type,
    /// The number of the field among those that can be loaded on their own.
    pub(crate) slot: Option<usize>,
    pub(crate) kind: FieldKind,
    /// Its attributes of serde's.
    pub(crate) serde: Vec<Attribute>,
}

/// What the type of a field says about it.
pub(crate) enum FieldKind {
    Stored(Box<Stored>),
    HasMany(Reverse),
    HasOne(Reverse),
    ManyToMany(ManyToMany),
    Prefetched {
        target: Type,
    },
    Memo,
    /// An error has been reported. The field stays, so that its name is known and nothing is reported twice.
    Unreadable,
}

/// A field that is a column of the table.
pub(crate) struct Stored {
    pub(crate) shape: Shape,
    pub(crate) column: String,
    pub(crate) nullable: bool,
    /// Where the words of `#[field(..)]` stand, if they were given.
    pub(crate) primary_key: Option<Span>,
    pub(crate) unique: Option<Span>,
    pub(crate) index: Option<Span>,
    pub(crate) default: Option<Expr>,
    /// The field is the time of the write: of the first one, or of each.
    pub(crate) auto: Option<Auto>,
    pub(crate) source: Source,
    pub(crate) min_length: Option<Length>,
    pub(crate) max_length: Option<Length>,
    pub(crate) min: Option<Expr>,
    pub(crate) max: Option<Expr>,
    /// The functions that say what is wrong with a value.
    pub(crate) validators: Vec<Expr>,
    /// The database counts this key up when it is left out. Known once the primary key is.
    pub(crate) generated: Option<Generated>,
}

/// How it is known that the database counts a key up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generated {
    /// By the name of its type.
    Yes,
    /// The compiler knows what the type is stored as.
    ByType,
}

impl Stored {
    pub(crate) fn insert(&self) -> Insert {
        if self.is_read_only() {
            Insert::ReadOnly
        } else if let Some(generated) = self.generated {
            match generated {
                Generated::Yes => Insert::Generated,
                Generated::ByType => Insert::GeneratedByType,
            }
        } else if matches!(self.source, Source::DefaultSql { .. }) {
            Insert::Computed
        } else {
            let defaulted =
                self.default.is_some() || self.auto.is_some() || matches!(self.source, Source::Version { .. });
            match (self.nullable, defaulted) {
                (true, true) => Insert::NullableDefaulted,
                (true, false) => Insert::Nullable,
                (false, true) => Insert::Defaulted,
                (false, false) => Insert::Required,
            }
        }
    }

    /// The database alone writes it.
    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self.source, Source::Generated { .. } | Source::Counter { .. })
    }

    /// The bounds and validators of the value.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Expr> {
        self.min.iter().chain(&self.max).chain(&self.validators)
    }

    /// The place of the type, for what the compiler has to say about it. Names resolve as everywhere in the code.
    pub(crate) fn place(&self) -> Span {
        match &self.shape {
            Shape::Plain { value } | Shape::Deferred { value } => place(value),
            Shape::ForeignKey(key) => place(&key.target),
        }
    }

    pub(crate) fn foreign_key(&self) -> Option<&ForeignKey> {
        match &self.shape {
            Shape::ForeignKey(key) => Some(key),
            Shape::Plain { .. } | Shape::Deferred { .. } => None,
        }
    }
}

/// The place of a type in the source, with the name resolution of generated code.
pub(crate) fn place(ty: &Type) -> Span {
    ty.span().resolved_at(Span::call_site())
}

/// How a column's value is held. `value` is the type without `Option` and `Deferred`.
pub(crate) enum Shape {
    Plain { value: Type },
    Deferred { value: Type },
    ForeignKey(ForeignKey),
}

/// What an insert says about a column. All but `Required` are an `Option` in the insert type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Insert {
    Required,
    /// `None` is NULL.
    Nullable,
    /// `None` is the default, `Some(None)` is NULL.
    NullableDefaulted,
    /// `None` is the default.
    Defaulted,
    /// `None` is the next rowid.
    Generated,
    /// The same, where the key's type is an integer; otherwise it is required.
    GeneratedByType,
    /// `None` is what the database computes.
    Computed,
    /// There is no such field in the insert type.
    ReadOnly,
}

impl Insert {
    /// Whether the builder's type says that it is set.
    pub(crate) fn is_asked_for(self) -> bool {
        matches!(self, Insert::Required | Insert::GeneratedByType)
    }
}

/// Where the value of a column comes from, if not from the program.
pub(crate) enum Source {
    Given,
    /// From this SQL where a new row says nothing.
    DefaultSql {
        sql: String,
        span: Span,
    },
    /// From this SQL, always.
    Generated {
        sql: String,
        stored: bool,
        span: Span,
    },
    /// From the number of the related rows.
    Counter {
        relation: FieldName,
        span: Span,
    },
    /// From the number of times the row was saved.
    Version {
        span: Span,
    },
}

impl Source {
    /// Where it was said, and by which word.
    pub(crate) fn word(&self) -> Option<(&'static str, Span)> {
        match self {
            Source::Given => None,
            Source::DefaultSql { span, .. } => Some((symbol::DEFAULT_SQL, *span)),
            Source::Generated { span, .. } => Some((symbol::GENERATED, *span)),
            Source::Counter { span, .. } => Some((symbol::COUNTER_OF, *span)),
            Source::Version { span } => Some((symbol::VERSION, *span)),
        }
    }
}

/// `auto_now` or `auto_now_add`.
#[derive(Clone, Copy)]
pub(crate) struct Auto {
    pub(crate) on_save: bool,
    pub(crate) span: Span,
}

/// How many characters a text has.
pub(crate) struct Length {
    pub(crate) limit: u32,
    pub(crate) span: Span,
}

pub(crate) struct ForeignKey {
    pub(crate) target: Type,
    pub(crate) on_delete: OnDelete,
    /// Where `on_delete` was given.
    pub(crate) on_delete_span: Option<Span>,
    pub(crate) constraint: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDelete {
    Cascade,
    Protect,
    Restrict,
    SetNull,
    SetDefault,
    DoNothing,
}

impl OnDelete {
    pub(crate) const ALL: &[OnDelete] = &[
        OnDelete::Cascade,
        OnDelete::Protect,
        OnDelete::Restrict,
        OnDelete::SetNull,
        OnDelete::SetDefault,
        OnDelete::DoNothing,
    ];

    /// The word in the attribute, which is also the name of the variant in the generated code.
    pub(crate) fn word(self) -> &'static str {
        match self {
            OnDelete::Cascade => "Cascade",
            OnDelete::Protect => "Protect",
            OnDelete::Restrict => "Restrict",
            OnDelete::SetNull => "SetNull",
            OnDelete::SetDefault => "SetDefault",
            OnDelete::DoNothing => "DoNothing",
        }
    }
}

/// The far side of a foreign key.
pub(crate) struct Reverse {
    pub(crate) target: Type,
    pub(crate) via: FieldName,
}

pub(crate) struct ManyToMany {
    pub(crate) target: Type,
    pub(crate) link: Link,
}

/// Which table joins the two sides of a many-to-many relation.
pub(crate) enum Link {
    /// A table made for this relation.
    Auto { table: String, span: Span },
    /// A model of its own, by two of its foreign keys.
    Through { model: Path, from: FieldName, to: FieldName },
    /// The table of the other side's relation.
    Reverse { via: FieldName },
}

/// The name of a field of a model, which may be another one.
pub(crate) struct FieldName {
    /// The name without `r#`.
    pub(crate) name: String,
    /// As the name of a method, at the place where the field was named.
    pub(crate) ident: Ident,
}

/// A field named in the text of an attribute.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) span: Span,
}

/// One term of `ordering`.
pub(crate) struct OrderTerm {
    pub(crate) field: Named,
    pub(crate) descending: bool,
}

/// `index(..)` or `unique(..)` on the struct.
pub(crate) struct Index {
    pub(crate) fields: Vec<Named>,
    pub(crate) name: Option<String>,
    pub(crate) unique: bool,
    pub(crate) span: Span,
}

/// `check(..)` on the struct.
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) sql: String,
    pub(crate) span: Span,
}

/// The primary key.
pub(crate) struct Key {
    /// Its position among the columns.
    pub(crate) column: usize,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) generated: Option<Generated>,
    /// The positions of all columns, where there are several; empty otherwise.
    pub(crate) columns: Vec<usize>,
}

/// A term of `ordering`, by the position of its column.
pub(crate) struct ColumnOrder {
    pub(crate) column: usize,
    pub(crate) descending: bool,
}

/// An index, by the positions of its columns.
pub(crate) struct ColumnIndex {
    pub(crate) name: String,
    pub(crate) columns: Vec<usize>,
    pub(crate) unique: bool,
}
