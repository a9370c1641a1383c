//! The type of a field: which relation or column it is.
//!
//! Types are known by their last segment, as a derive sees names and not what they mean: `ForeignKey<Author>` and
//! `eager_orm::ForeignKey<Author>` are the same, a type alias is a plain column.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

use crate::names::{last_segment, peel, type_text};
use crate::symbol;

/// What a type says.
pub(super) enum FieldType {
    /// A plain column. `value` is the type without `Option`.
    Plain {
        value: Type,
        nullable: bool,
    },
    /// A column that can be left unloaded. `value` is the type without `Deferred` and `Option`.
    Deferred {
        value: Type,
        nullable: bool,
    },
    ForeignKey {
        target: Type,
        nullable: bool,
    },
    HasMany {
        target: Type,
    },
    HasOne {
        target: Type,
    },
    ManyToMany {
        target: Type,
    },
    Prefetched {
        target: Type,
    },
    Memo,
}

impl FieldType {
    /// The word for messages: `a HasMany`, `a plain column`.
    pub(super) fn word(&self) -> &'static str {
        match self {
            FieldType::Plain { .. } => "plain column",
            FieldType::Deferred { .. } => symbol::DEFERRED,
            FieldType::ForeignKey { .. } => symbol::FOREIGN_KEY,
            FieldType::HasMany { .. } => symbol::HAS_MANY,
            FieldType::HasOne { .. } => symbol::HAS_ONE,
            FieldType::ManyToMany { .. } => symbol::MANY_TO_MANY,
            FieldType::Prefetched { .. } => symbol::PREFETCHED,
            FieldType::Memo => symbol::MEMO,
        }
    }
}

/// Reads the type of a field.
pub(super) fn read(ty: &Type) -> syn::Result<FieldType> {
    let Some((word, segment)) = wrapper(ty) else {
        return Ok(FieldType::Plain { value: ty.clone(), nullable: false });
    };
    let inner = argument(ty, word, segment)?;
    let inside = wrapper(&inner).map(|(word, _)| word);
    let text = type_text(&inner);
    match (word, inside) {
        (symbol::OPTION, None) => Ok(FieldType::Plain { value: inner, nullable: true }),
        (symbol::OPTION, Some(symbol::FOREIGN_KEY)) => match read(&inner)? {
            FieldType::ForeignKey { target, .. } => Ok(FieldType::ForeignKey { target, nullable: true }),
            other => Ok(other),
        },
        (symbol::OPTION, Some(symbol::OPTION)) => {
            Err(refused(ty, format!("a column is NULL or it is not: write `{text}`")))
        }
        (symbol::OPTION, Some(symbol::DEFERRED)) => {
            let message = match read(&inner) {
                Ok(FieldType::Deferred { value, .. }) => {
                    let value = type_text(value);
                    format!("the value can be absent, its column cannot: write `Deferred<Option<{value}>>`")
                }
                _ => "write the `Option` inside the `Deferred`".to_owned(),
            };
            Err(refused(ty, message))
        }
        (symbol::OPTION, Some(inside)) => Err(refused(ty, format!("a {inside} is never absent: write `{text}`"))),
        (symbol::DEFERRED, None) => Ok(FieldType::Deferred { value: inner, nullable: false }),
        (symbol::DEFERRED, Some(symbol::OPTION)) => match read(&inner)? {
            FieldType::Plain { value, nullable } => Ok(FieldType::Deferred { value, nullable }),
            _ => Err(refused(ty, "only a plain column can be deferred")),
        },
        (symbol::DEFERRED, Some(symbol::FOREIGN_KEY)) => Err(refused(
            ty,
            format!("a ForeignKey cannot be deferred, its row is loaded on its own anyway: write `{text}`"),
        )),
        (symbol::DEFERRED, Some(inside)) => Err(refused(ty, format!("a {inside} cannot be deferred: write `{text}`"))),
        (symbol::MEMO, _) => Ok(FieldType::Memo),
        (symbol::FOREIGN_KEY, Some(symbol::OPTION)) => {
            let target = wrapper(&inner).and_then(|(_, segment)| argument(&inner, word, segment).ok());
            let target = target.map_or_else(|| "..".to_owned(), type_text);
            Err(refused(ty, format!("the key can be absent, not the model: write `Option<ForeignKey<{target}>>`")))
        }
        (word, Some(inside)) => {
            Err(refused(ty, format!("a {word} leads to a model, and `{inside}` is none: write `{word}<Author>`")))
        }
        (symbol::FOREIGN_KEY, None) => Ok(FieldType::ForeignKey { target: inner, nullable: false }),
        (symbol::HAS_MANY, None) => Ok(FieldType::HasMany { target: inner }),
        (symbol::HAS_ONE, None) => Ok(FieldType::HasOne { target: inner }),
        (symbol::MANY_TO_MANY, None) => Ok(FieldType::ManyToMany { target: inner }),
        (symbol::PREFETCHED, None) => Ok(FieldType::Prefetched { target: inner }),
        (_, None) => Ok(FieldType::Plain { value: ty.clone(), nullable: false }),
    }
}

/// `ty` with `Self` replaced by the name of the model: the generated code stands outside its `impl`.
pub(super) fn spell_self(ty: &Type, model: &Ident) -> syn::Result<Type> {
    syn::parse2(replace_self(ty.to_token_stream(), model))
}

fn replace_self(tokens: TokenStream, model: &Ident) -> TokenStream {
    let replaced = tokens.into_iter().map(|tree| match tree {
        TokenTree::Ident(ident) if ident == "Self" => {
            let mut model = model.clone();
            model.set_span(ident.span());
            TokenTree::Ident(model)
        }
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), replace_self(group.stream(), model));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        other => other,
    });
    replaced.collect()
}

/// The word and the segment of a type that means something to a model.
fn wrapper(ty: &Type) -> Option<(&'static str, &PathSegment)> {
    const WORDS: [&str; 8] = [
        symbol::OPTION,
        symbol::DEFERRED,
        symbol::FOREIGN_KEY,
        symbol::HAS_MANY,
        symbol::HAS_ONE,
        symbol::MANY_TO_MANY,
        symbol::PREFETCHED,
        symbol::MEMO,
    ];
    let segment = last_segment(ty)?;
    let word = WORDS.into_iter().find(|word| segment.ident == word)?;
    Some((word, segment))
}

/// The one type in the angle brackets.
fn argument(ty: &Type, word: &str, segment: &PathSegment) -> syn::Result<Type> {
    if let PathArguments::AngleBracketed(arguments) = &segment.arguments {
        let mut arguments = arguments.args.iter();
        if let (Some(GenericArgument::Type(inner)), None) = (arguments.next(), arguments.next()) {
            return Ok(peel(inner).clone());
        }
    }
    let example = match word {
        symbol::OPTION | symbol::DEFERRED => "String",
        symbol::MEMO => "f64",
        _ => "Author",
    };
    Err(refused(ty, format!("`{word}` has one type inside: `{word}<{example}>`")))
}

fn refused(ty: &Type, message: impl std::fmt::Display) -> syn::Error {
    syn::Error::new_spanned(ty, message)
}
