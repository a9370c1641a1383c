//! `#[derive(Projection)]`: the struct, and `#[projection(..)]` on it and on its fields.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Data, DeriveInput, Fields, LitStr, Path, parse_quote};

use super::field_type::{self, FieldType};
use super::words::{self, Words};
use crate::errors::Errors;
use crate::names::{self, type_text};
use crate::projection::{Field, FieldPath, Projection, Said, Source};
use crate::symbol;

/// Reads a projection. `None` if there are no named fields to read.
pub(crate) fn projection(errors: &mut Errors, input: &DeriveInput) -> Option<Projection> {
    let (model, facade) = on_struct(errors, &input.attrs);
    if model.is_none() {
        let message = "a projection is read from a model: write `#[projection(model = ..)]` above the struct";
        errors.about(&input.ident, message);
    }
    if !input.generics.params.is_empty() {
        errors.about(&input.generics, "a projection cannot be generic: each of its fields has one type");
    }
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            fields @ Fields::Named(_) => fields,
            _ => {
                errors.about(&input.ident, "a projection has named fields: their names say what is selected");
                return None;
            }
        },
        _ => {
            errors.about(&input.ident, "a projection is a struct with named fields");
            return None;
        }
    };
    Some(Projection {
        ident: input.ident.clone(),
        name: input.ident.unraw().to_string(),
        facade: facade.unwrap_or_else(|| parse_quote!(::eager_orm)),
        model,
        fields: fields.iter().filter_map(|field| read_field(errors, field)).collect(),
    })
}

/// `#[projection(model = Book, crate = "my_orm")]`.
fn on_struct(errors: &mut Errors, attrs: &[Attribute]) -> (Option<Path>, Option<Path>) {
    let title = Words {
        title: "#[projection(..)] on the struct",
        known: symbol::PROJECTION_WORDS,
        elsewhere: &[("#[projection(..)] on a field", symbol::PROJECTED_WORDS)],
    };
    let (mut model, mut facade) = (None, None);
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(symbol::PROJECTION)) {
        title.of_attribute(errors, attr, &mut |errors, word, input| {
            if word == symbol::MODEL {
                words::equals(word, input, "Book")?;
                let message = "expected the name of a model: `model = Book`";
                let path = input.call(Path::parse_mod_style).map_err(|error| syn::Error::new(error.span(), message))?;
                words::once(errors, &mut model, word, path);
            } else if word == symbol::CRATE {
                let path = words::text(word, input)?;
                let message = "expected the path of a crate: `crate = \"my_orm\"`";
                let path = path.parse_with(Path::parse_mod_style).map_err(|_| syn::Error::new(path.span(), message))?;
                words::once(errors, &mut facade, word, path);
            }
            Ok(())
        });
    }
    (model, facade)
}

fn read_field(errors: &mut Errors, field: &syn::Field) -> Option<Field> {
    let ident = field.ident.clone()?;
    let (said, readable) = on_field(errors, &field.attrs);
    let source = if readable { source(errors, field, &ident, said) } else { Source::Unreadable };
    Some(Field { name: ident.unraw().to_string(), ident, ty: field.ty.clone(), source })
}

/// The words of a field, and whether all of them could be read.
fn on_field(errors: &mut Errors, attrs: &[Attribute]) -> (Said, bool) {
    let title = Words {
        title: "#[projection(..)] on a field",
        known: symbol::PROJECTED_WORDS,
        elsewhere: &[("#[projection(..)] on the struct", symbol::PROJECTION_WORDS)],
    };
    let mut said = Said::default();
    let before = errors.len();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(symbol::PROJECTION)) {
        title.of_attribute(errors, attr, &mut |errors, word, input| said.read_word(errors, word, input));
    }
    (said, errors.len() == before)
}

impl Said {
    fn read_word(&mut self, errors: &mut Errors, word: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        if word == symbol::PATH {
            let text = words::text(word, input)?;
            let path = field_path(&text)?;
            words::once(errors, &mut self.path, word, (path, word.span()));
        } else if word == symbol::NESTED {
            words::flag(word, input)?;
            words::once(errors, &mut self.nested, word, word.span());
        } else if word == symbol::WITH {
            words::equals(word, input, "|b| b.reviews().count()")?;
            let function = input.parse()?;
            words::once(errors, &mut self.with, word, function);
        }
        Ok(())
    }
}

/// `"author.name"`.
fn field_path(text: &LitStr) -> syn::Result<FieldPath> {
    let value = text.value();
    let idents = value.split('.').map(|name| {
        names::field_ident(name.trim(), text.span()).ok_or_else(|| {
            let message = format!("expected the names of fields with dots between, and `{name}` cannot be one");
            syn::Error::new(text.span(), message)
        })
    });
    let mut before = idents.collect::<syn::Result<Vec<Ident>>>()?;
    let last = before.pop().ok_or_else(|| syn::Error::new(text.span(), "expected the name of a field"))?;
    Ok(FieldPath { before, last })
}

fn source(errors: &mut Errors, field: &syn::Field, ident: &Ident, said: Said) -> Source {
    let Said { path, nested, with } = said;
    if let Some(with) = with {
        if let Some(span) = path.map(|(_, span)| span).or(nested) {
            errors.at(span, "`with` computes the value of the field from the whole row: leave this out");
            return Source::Unreadable;
        }
        return if holds_a_value(errors, field) { Source::Computed(with) } else { Source::Unreadable };
    }
    let path = path.map_or_else(|| FieldPath { before: Vec::new(), last: ident.clone() }, |(path, _)| path);
    if nested.is_some() {
        Source::Nested(path)
    } else if holds_a_value(errors, field) {
        Source::Path(path)
    } else {
        Source::Unreadable
    }
}

/// A projection is a plain struct: what it holds can load nothing.
fn holds_a_value(errors: &mut Errors, field: &syn::Field) -> bool {
    let ty = &field.ty;
    let message = match field_type::read(ty) {
        Ok(FieldType::Plain { .. }) => return true,
        Ok(FieldType::Deferred { value, nullable }) => {
            let value = type_text(value);
            let value = if nullable { format!("Option<{value}>") } else { value };
            format!("a projection holds what it selects: write `{value}`")
        }
        Ok(FieldType::ForeignKey { target, .. }) => {
            let target = type_text(target);
            format!(
                "a projection holds values: write the type of the key of `{target}`, or \
                 `#[projection(nested)]` and a projection of `{target}`"
            )
        }
        Ok(other) => {
            let word = other.word();
            format!("a projection holds values, and a {word} is none: use the model for what is loaded besides")
        }
        Err(error) => {
            errors.push(error);
            return false;
        }
    };
    errors.about(ty, message);
    false
}
