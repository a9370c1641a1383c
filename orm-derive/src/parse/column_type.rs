//! `#[derive(DbValue)]` and `#[derive(DbEnum)]`: the type, and `#[db(..)]` on it and on its variants.

use std::collections::HashSet;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DataEnum, DeriveInput, Fields, LitStr, Member, Path, Type, parse_quote};

use super::words::{self, Words};
use crate::column_type::{ColumnType, Kind, Variant};
use crate::errors::Errors;
use crate::{names, symbol};

/// Reads a type with `#[derive(DbValue)]`.
pub(crate) fn db_value(errors: &mut Errors, input: &DeriveInput) -> ColumnType {
    let words = Words { title: "#[db(..)]", known: symbol::VALUE_WORDS, elsewhere: &[] };
    let mut said = Said::default();
    said.read(errors, &words, &input.attrs);
    let kind = match (said.stored_as.take(), said.checked) {
        // What it is stored as could not be read.
        (None, _) if said.is_stored_as => None,
        (Some(stored), checked) => {
            if checked.is_some() {
                errors
                    .about(&stored, "what is stored as another type is read by `TryFrom` anyway: leave `try_from` out");
            }
            if said.key.is_some() {
                errors.about(&stored, "a key is borrowed from the row, and this would be made anew: leave `key` out");
            }
            Some(Kind::StoredAs { stored })
        }
        (None, checked) => newtype(errors, input, checked.is_some()),
    };
    said.column_type(errors, input, kind)
}

/// Reads a type with `#[derive(DbEnum)]`.
pub(crate) fn db_enum(errors: &mut Errors, input: &DeriveInput) -> ColumnType {
    let title = Words {
        title: "#[db(..)] on the enum",
        known: symbol::ENUM_WORDS,
        elsewhere: &[("#[db(..)] on a variant", symbol::VARIANT_WORDS)],
    };
    let mut said = Said::default();
    said.read(errors, &title, &input.attrs);
    let kind = match &input.data {
        Data::Enum(data) => variants(errors, input, data, &said),
        _ => {
            errors.about(&input.ident, "`DbEnum` is for an enum: a struct is a column type with `#[derive(DbValue)]`");
            None
        }
    };
    said.column_type(errors, input, kind)
}

/// The words of every `#[db(..)]` of one type.
#[derive(Default)]
struct Said {
    facade: Option<Path>,
    checked: Option<()>,
    stored_as: Option<Type>,
    is_stored_as: bool,
    integer: Option<()>,
    key: Option<()>,
    case: Option<&'static Case>,
}

impl Said {
    fn read(&mut self, errors: &mut Errors, title: &Words<'_>, attrs: &[Attribute]) {
        for attr in attrs.iter().filter(|attr| attr.path().is_ident(symbol::DB)) {
            title.of_attribute(errors, attr, &mut |errors, word, input| {
                if word == symbol::TRY_FROM {
                    words::flag(word, input)?;
                    words::once(errors, &mut self.checked, word, ());
                } else if word == symbol::KEY {
                    words::flag(word, input)?;
                    words::once(errors, &mut self.key, word, ());
                } else if word == symbol::INTEGER {
                    words::flag(word, input)?;
                    words::once(errors, &mut self.integer, word, ());
                } else if word == symbol::STORED_AS {
                    self.is_stored_as = true;
                    words::equals(word, input, "String")?;
                    let error = input.error("expected a column type: `stored_as = String`");
                    let stored = input.parse::<Type>().map_err(|_| error)?;
                    words::once(errors, &mut self.stored_as, word, stored);
                } else if word == symbol::RENAME_ALL {
                    let case = Case::read(&words::text(word, input)?)?;
                    words::once(errors, &mut self.case, word, case);
                } else if word == symbol::CRATE {
                    let path = words::text(word, input)?;
                    let message = "expected the path of a crate: `crate = \"my_orm\"`";
                    let read = path.parse_with(Path::parse_mod_style);
                    let path = read.map_err(|_| syn::Error::new(path.span(), message))?;
                    words::once(errors, &mut self.facade, word, path);
                }
                Ok(())
            });
        }
    }

    fn column_type(self, errors: &mut Errors, input: &DeriveInput, kind: Option<Kind>) -> ColumnType {
        if !input.generics.params.is_empty() {
            errors.about(&input.generics, "a column type cannot be generic: a column holds values of one type");
        }
        ColumnType {
            ident: input.ident.clone(),
            name: input.ident.unraw().to_string(),
            facade: self.facade.unwrap_or_else(|| parse_quote!(::eager_orm)),
            key: self.key.is_some(),
            kind: kind.unwrap_or(Kind::Unreadable),
        }
    }
}

/// The one value in a struct.
fn newtype(errors: &mut Errors, input: &DeriveInput, checked: bool) -> Option<Kind> {
    let name = input.ident.unraw();
    let Data::Struct(data) = &input.data else {
        let message = match &input.data {
            Data::Enum(_) => {
                "an enum of names is a column type with `#[derive(DbEnum)]`; any other says what it is \
                              stored as: `#[db(stored_as = String)]`"
            }
            _ => "`DbValue` is for a struct with one value in it",
        };
        errors.about(&input.ident, message);
        return None;
    };
    let mut fields = data.fields.iter();
    let (Some(field), None) = (fields.next(), fields.next()) else {
        let message = format!(
            "`DbValue` is for a struct with one value in it, `struct {name}(String)`; any other says what it is stored \
             as: `#[db(stored_as = String)]`"
        );
        errors.about(&input.ident, message);
        return None;
    };
    let inner = names::peel(&field.ty).clone();
    if let Some(segment) = names::last_segment(&inner)
        && let Some(word) = [symbol::OPTION, symbol::DEFERRED].into_iter().find(|word| segment.ident == word)
    {
        let message = format!("the field of a model is `{word}<{name}>`, and `{name}` holds a value that is there");
        errors.about(&field.ty, message);
        return None;
    }
    let member = field.ident.clone().map_or_else(|| Member::from(0), Member::from);
    Some(Kind::Newtype { member, inner, checked })
}

/// The variants of an enum, each with its text.
fn variants(errors: &mut Errors, input: &DeriveInput, data: &DataEnum, said: &Said) -> Option<Kind> {
    if data.variants.is_empty() {
        errors.about(&input.ident, "an enum without variants has no values: there is nothing to store");
        return None;
    }
    let before = errors.len();
    let mut seen = HashSet::new();
    let mut variants = Vec::with_capacity(data.variants.len());
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            let message = "a variant with values in it has no name to be stored as: `#[derive(DbValue)]` with \
                           `#[db(stored_as = String)]` stores any type";
            errors.about(variant, message);
            continue;
        }
        if said.integer.is_some() && variant.discriminant.is_none() {
            let ident = &variant.ident;
            let message = format!("`{ident}` is stored as its number, so it says which: `{ident} = 1`");
            errors.about(ident, message);
        }
        let renamed = rename(errors, &variant.attrs);
        let name = match &renamed {
            Some(name) => name.value(),
            None => said.case.unwrap_or(&Case::SNAKE).of(&variant.ident),
        };
        let place: &dyn ToTokens = renamed.as_ref().map_or(&variant.ident, |name| name as &dyn ToTokens);
        if name.contains('\0') {
            errors.about(place, "a NUL ends a text of SQL: no value is named with one");
        }
        if !seen.insert(name.clone()) {
            errors.about(place, format!("two variants are stored as `{name}`: rename one, `#[db(rename = \"..\")]`"));
        }
        variants.push(Variant { ident: variant.ident.clone(), name });
    }
    let kind = if said.integer.is_some() { Kind::Integers(variants) } else { Kind::Texts(variants) };
    (errors.len() == before).then_some(kind)
}

/// `#[db(rename = "..")]`.
fn rename(errors: &mut Errors, attrs: &[Attribute]) -> Option<LitStr> {
    let title = Words {
        title: "#[db(..)] on a variant",
        known: symbol::VARIANT_WORDS,
        elsewhere: &[("#[db(..)] on the enum", symbol::ENUM_WORDS)],
    };
    let mut name = None;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(symbol::DB)) {
        title.of_attribute(errors, attr, &mut |errors, word, input| {
            let text = words::text(word, input)?;
            words::once(errors, &mut name, word, text);
            Ok(())
        });
    }
    name
}

/// A way to write the words of a name; the names of these are serde's.
struct Case {
    name: &'static str,
    /// Between two words.
    between: &'static str,
    /// The first letter of the name, of each further word, and every other letter: upper case?
    upper: [bool; 3],
}

impl Case {
    const SNAKE: Case = Case { name: "snake_case", between: "_", upper: [false; 3] };
    const ALL: &[Case] = &[
        Case::SNAKE,
        Case { name: "kebab-case", between: "-", upper: [false; 3] },
        Case { name: "lowercase", between: "", upper: [false; 3] },
        Case { name: "UPPERCASE", between: "", upper: [true; 3] },
        Case { name: "SCREAMING_SNAKE_CASE", between: "_", upper: [true; 3] },
        Case { name: "SCREAMING-KEBAB-CASE", between: "-", upper: [true; 3] },
        Case { name: "PascalCase", between: "", upper: [true, true, false] },
        Case { name: "camelCase", between: "", upper: [false, true, false] },
    ];

    fn read(text: &LitStr) -> syn::Result<&'static Case> {
        let name = text.value();
        Case::ALL.iter().find(|case| case.name == name).ok_or_else(|| {
            let known: Vec<&str> = Case::ALL.iter().map(|case| case.name).collect();
            syn::Error::new(text.span(), format!("unknown case `{name}`: expected one of {}", known.join(", ")))
        })
    }

    fn of(&self, ident: &Ident) -> String {
        let snake = names::snake_case(&ident.unraw().to_string());
        let [first, further, rest] = self.upper;
        let mut text = String::with_capacity(snake.len());
        for (number, word) in snake.split('_').filter(|word| !word.is_empty()).enumerate() {
            if number > 0 {
                text.push_str(self.between);
            }
            for (at, letter) in word.chars().enumerate() {
                let upper = match (number, at) {
                    (0, 0) => first,
                    (_, 0) => further,
                    _ => rest,
                };
                if upper {
                    text.extend(letter.to_uppercase());
                } else {
                    text.push(letter);
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    #[test]
    fn names_are_written_in_every_case() {
        let ident = Ident::new("InProgress", Span::call_site());
        let written: Vec<String> = Case::ALL.iter().map(|case| case.of(&ident)).collect();
        let expected = [
            "in_progress",
            "in-progress",
            "inprogress",
            "INPROGRESS",
            "IN_PROGRESS",
            "IN-PROGRESS",
            "InProgress",
            "inProgress",
        ];
        assert_eq!(written, expected);
    }
}
