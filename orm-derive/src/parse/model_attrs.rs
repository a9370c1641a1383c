//! `#[model(..)]`: what is said about the whole table.

use proc_macro2::{Ident, Span};
use syn::parse::ParseStream;
use syn::{Attribute, Expr, LitStr, Path, Token};

use super::words::{self, Words};
use crate::errors::Errors;
use crate::model::{Check, Index, Named, OrderTerm};
use crate::symbol;

/// The words of every `#[model(..)]` of one struct.
#[derive(Default)]
pub(super) struct ModelAttrs {
    pub(super) table: Option<LitStr>,
    pub(super) facade: Option<Path>,
    pub(super) primary_key: Option<(Vec<Named>, Span)>,
    pub(super) ordering: Option<Vec<OrderTerm>>,
    pub(super) indexes: Vec<Index>,
    pub(super) checks: Vec<Check>,
    pub(super) validators: Vec<Expr>,
    pub(super) hooks: Option<()>,
    pub(super) serialize: Option<()>,
}

pub(super) fn read(errors: &mut Errors, attrs: &[Attribute]) -> ModelAttrs {
    let mut found = ModelAttrs::default();
    let model =
        Words { title: "#[model(..)]", known: symbol::MODEL_WORDS, elsewhere: &[("#[field(..)]", &[symbol::COLUMN])] };
    for attr in attrs {
        if attr.path().is_ident(symbol::MODEL) {
            model.of_attribute(errors, attr, &mut |errors, word, input| found.read_word(errors, word, input));
        } else if attr.path().is_ident(symbol::FIELD) || attr.path().is_ident(symbol::RELATION) {
            errors.about(attr, "this attribute belongs on a field: the struct has `#[model(..)]`");
        }
    }
    found
}

impl ModelAttrs {
    fn read_word(&mut self, errors: &mut Errors, word: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        if word == symbol::TABLE {
            let table = words::text(word, input)?;
            words::once(errors, &mut self.table, word, table);
        } else if word == symbol::PRIMARY_KEY {
            if !input.peek(Token![=]) {
                let message = "a key of one field is marked there, `#[field(primary_key)]`; of several it is \
                               `primary_key = \"order, product\"`";
                return Err(syn::Error::new(word.span(), message));
            }
            let text = words::text(word, input)?;
            let fields = listed(&text)?;
            if fields.len() < 2 {
                let message = "a key of one field is marked there: `#[field(primary_key)]`";
                return Err(syn::Error::new(text.span(), message));
            }
            words::once(errors, &mut self.primary_key, word, (fields, text.span()));
        } else if word == symbol::ORDERING {
            let terms = ordering(&words::text(word, input)?)?;
            words::once(errors, &mut self.ordering, word, terms);
        } else if word == symbol::INDEX {
            self.indexes.extend(index(errors, word, input, false)?);
        } else if word == symbol::UNIQUE {
            self.indexes.extend(index(errors, word, input, true)?);
        } else if word == symbol::CHECK {
            self.checks.extend(check(errors, word, input)?);
        } else if word == symbol::VALIDATE {
            self.validators.push(words::function(word, input)?);
        } else if word == symbol::HOOKS {
            words::flag(word, input)?;
            words::once(errors, &mut self.hooks, word, ());
        } else if word == symbol::SERIALIZE {
            words::flag(word, input)?;
            words::once(errors, &mut self.serialize, word, ());
        } else if word == symbol::CRATE {
            let path = words::text(word, input)?;
            let message = "expected the path of a crate: `crate = \"my_orm\"`";
            let path = path.parse_with(Path::parse_mod_style).map_err(|_| syn::Error::new(path.span(), message))?;
            words::once(errors, &mut self.facade, word, path);
        }
        Ok(())
    }
}

/// `"name, -created"`.
fn ordering(text: &LitStr) -> syn::Result<Vec<OrderTerm>> {
    let terms = listed(text)?.into_iter().map(|mut field| {
        let ascending = field.name.strip_prefix('-').map(|name| name.trim().to_owned());
        let descending = ascending.is_some();
        field.name = ascending.unwrap_or(field.name);
        OrderTerm { field, descending }
    });
    Ok(terms.collect())
}

/// `index(fields = "publisher, published", name = "..")`, `unique(..)`.
fn index(errors: &mut Errors, word: &Ident, input: ParseStream<'_>, unique: bool) -> syn::Result<Option<Index>> {
    let title = if unique { "unique(fields = \"..\")" } else { "index(fields = \"..\")" };
    let inner = Words { title, known: symbol::INDEX_WORDS, elsewhere: &[] };
    let mut fields = None;
    let mut name = None;
    let mut tried = false;
    inner.in_parentheses(errors, word, input, &mut |errors, word, input| {
        if word == symbol::FIELDS {
            tried = true;
            let list = listed(&words::text(word, input)?)?;
            words::once(errors, &mut fields, word, list);
        } else if word == symbol::NAME {
            let text = words::text(word, input)?;
            words::once(errors, &mut name, word, text.value());
        }
        Ok(())
    })?;
    if fields.is_none() && tried {
        return Ok(None);
    }
    let fields = words::needed(errors, fields, word, format!("which fields? write `{title}`"));
    Ok(fields.map(|fields| Index { fields, name, unique, span: word.span() }))
}

/// `check(name = "..", sql = "..")`.
fn check(errors: &mut Errors, word: &Ident, input: ParseStream<'_>) -> syn::Result<Option<Check>> {
    let title = "check(name = \"..\", sql = \"..\")";
    let inner = Words { title, known: symbol::CHECK_WORDS, elsewhere: &[] };
    let mut name = None;
    let mut sql = None;
    inner.in_parentheses(errors, word, input, &mut |errors, word, input| {
        let text = words::text(word, input)?.value();
        let place = if word == symbol::NAME { &mut name } else { &mut sql };
        words::once(errors, place, word, text);
        Ok(())
    })?;
    let (Some(name), Some(sql)) = (name, sql) else {
        errors.at(word.span(), format!("a check has a name and a condition: `{title}`"));
        return Ok(None);
    };
    Ok(Some(Check { name, sql, span: word.span() }))
}

/// The names in `"a, b"`.
fn listed(text: &LitStr) -> syn::Result<Vec<Named>> {
    let span = text.span();
    let value = text.value();
    let names = value.split(',').map(|name| match name.trim() {
        "" | "-" => Err(syn::Error::new(span, "a field name is missing in this list")),
        name => Ok(Named { name: name.to_owned(), span }),
    });
    names.collect()
}
