//! `#[field(..)]` and `#[relation(..)]`: what is said about one field, and on which kind of field it may be said.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, LitBool, LitStr, Path, Token, parenthesized};

use super::field_type::FieldType;
use super::words::{self, Words};
use crate::errors::Errors;
use crate::model::{Auto, FieldName, Length, OnDelete, Source};
use crate::{names, symbol};

/// The words of every `#[field(..)]` and `#[relation(..)]` of one field.
#[derive(Default)]
pub(super) struct FieldAttrs {
    /// `column` of either attribute.
    pub(super) column: Option<LitStr>,
    pub(super) primary_key: Option<Span>,
    pub(super) unique: Option<Span>,
    pub(super) index: Option<Span>,
    pub(super) default: Option<Expr>,
    pub(super) auto: Option<Auto>,
    pub(super) source: Option<Source>,
    /// Where `stored` stands.
    stored: Option<Span>,
    pub(super) min_length: Option<Length>,
    pub(super) max_length: Option<Length>,
    pub(super) min: Option<Expr>,
    pub(super) max: Option<Expr>,
    pub(super) validators: Vec<Expr>,
    pub(super) via: Option<LitStr>,
    pub(super) through: Option<Through>,
    pub(super) table: Option<LitStr>,
    pub(super) on_delete: Option<(OnDelete, Span)>,
    pub(super) constraint: Option<LitBool>,
    /// Each word of `#[relation(..)]`, for the question whether it belongs there.
    relation_words: Vec<Ident>,
    /// Where the two attributes stand, if a word of theirs was read.
    field_attr: Option<Span>,
    relation_attr: Option<Span>,
}

/// `through = BookTag`, or `through(BookTag, from = "book", to = "tag")`.
pub(super) struct Through {
    pub(super) model: Path,
    pub(super) from: Option<LitStr>,
    pub(super) to: Option<LitStr>,
}

pub(super) fn read(errors: &mut Errors, attrs: &[Attribute]) -> FieldAttrs {
    let mut found = FieldAttrs::default();
    let field = Words {
        title: "#[field(..)]",
        known: symbol::FIELD_WORDS,
        elsewhere: &[("#[relation(..)]", symbol::RELATION_WORDS)],
    };
    let relation = Words {
        title: "#[relation(..)]",
        known: symbol::RELATION_WORDS,
        elsewhere: &[("#[field(..)]", symbol::FIELD_WORDS)],
    };
    for attr in attrs {
        if attr.path().is_ident(symbol::FIELD) {
            field.of_attribute(errors, attr, &mut |errors, word, input| {
                found.field_attr = Some(attr.path().span());
                found.field_word(errors, word, input)
            });
        } else if attr.path().is_ident(symbol::RELATION) {
            relation.of_attribute(errors, attr, &mut |errors, word, input| {
                found.relation_attr = Some(attr.path().span());
                found.relation_words.push(word.clone());
                found.relation_word(errors, word, input)
            });
        } else if attr.path().is_ident(symbol::MODEL) {
            errors.about(attr, "`#[model(..)]` belongs on the struct: a field has `#[field(..)]` or `#[relation(..)]`");
        }
    }
    match (&mut found.source, found.stored) {
        (Some(Source::Generated { stored, .. }), Some(_)) => *stored = true,
        (_, Some(span)) => errors.at(span, "`stored` is about a generated column: `generated = \"a + b\", stored`"),
        (_, None) => {}
    }
    found
}

impl FieldAttrs {
    fn field_word(&mut self, errors: &mut Errors, word: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        if word == symbol::COLUMN {
            let column = words::text(word, input)?;
            words::once(errors, &mut self.column, word, column);
        } else if word == symbol::PRIMARY_KEY {
            words::flag(word, input)?;
            words::once(errors, &mut self.primary_key, word, word.span());
        } else if word == symbol::UNIQUE {
            words::flag(word, input)?;
            words::once(errors, &mut self.unique, word, word.span());
        } else if word == symbol::INDEX {
            words::flag(word, input)?;
            words::once(errors, &mut self.index, word, word.span());
        } else if word == symbol::DEFAULT {
            words::equals(word, input, "0")?;
            let value = input.parse()?;
            words::once(errors, &mut self.default, word, value);
        } else if word == symbol::MAX_LENGTH {
            let length = length(word, input, "a text of length 0 holds nothing: `max_length = 120`")?;
            words::once(errors, &mut self.max_length, word, length);
        } else if word == symbol::MIN_LENGTH {
            let length = length(word, input, "every text has length 0 at least: `min_length = 1`")?;
            words::once(errors, &mut self.min_length, word, length);
        } else if word == symbol::MIN {
            words::equals(word, input, "0")?;
            let value = input.parse()?;
            words::once(errors, &mut self.min, word, value);
        } else if word == symbol::MAX {
            words::equals(word, input, "100")?;
            let value = input.parse()?;
            words::once(errors, &mut self.max, word, value);
        } else if word == symbol::AUTO_NOW || word == symbol::AUTO_NOW_ADD {
            words::flag(word, input)?;
            let auto = Auto { on_save: word == symbol::AUTO_NOW, span: word.span() };
            words::once(errors, &mut self.auto, word, auto);
        } else if word == symbol::DEFAULT_SQL {
            let sql = words::text(word, input)?.value();
            self.source(errors, Source::DefaultSql { sql, span: word.span() });
        } else if word == symbol::GENERATED {
            let sql = words::text(word, input)?.value();
            self.source(errors, Source::Generated { sql, stored: false, span: word.span() });
        } else if word == symbol::STORED {
            words::flag(word, input)?;
            words::once(errors, &mut self.stored, word, word.span());
        } else if word == symbol::VERSION {
            words::flag(word, input)?;
            self.source(errors, Source::Version { span: word.span() });
        } else if word == symbol::COUNTER_OF {
            words::equals(word, input, "reviews")?;
            let error = input.error("expected the name of a relation, without quotes: `counter_of = reviews`");
            let ident = input.call(Ident::parse_any).map_err(|_| error)?;
            let relation = FieldName { name: ident.unraw().to_string(), ident };
            self.source(errors, Source::Counter { relation, span: word.span() });
        } else if word == symbol::VALIDATE {
            self.validators.push(words::function(word, input)?);
        }
        Ok(())
    }

    /// A column has one source.
    fn source(&mut self, errors: &mut Errors, source: Source) {
        let Some((before, _)) = self.source.as_ref().and_then(Source::word) else {
            self.source = Some(source);
            return;
        };
        let Some((word, span)) = source.word() else { return };
        errors.at(
            span,
            match before == word {
                true => format!("`{word}` is given twice"),
                false => format!("`{before}` says already where the value comes from: leave `{word}` out"),
            },
        );
    }

    fn relation_word(&mut self, errors: &mut Errors, word: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        if word == symbol::VIA {
            let via = words::text(word, input)?;
            words::once(errors, &mut self.via, word, via);
        } else if word == symbol::THROUGH {
            let model = through(errors, word, input)?;
            words::once(errors, &mut self.through, word, model);
        } else if word == symbol::ON_DELETE {
            let action = on_delete(word, input)?;
            words::once(errors, &mut self.on_delete, word, action);
        } else if word == symbol::COLUMN {
            let column = words::text(word, input)?;
            words::once(errors, &mut self.column, word, column);
        } else if word == symbol::CONSTRAINT {
            let constraint = words::truth(word, input)?;
            words::once(errors, &mut self.constraint, word, constraint);
        } else if word == symbol::TABLE {
            let table = words::text(word, input)?;
            words::once(errors, &mut self.table, word, table);
        }
        Ok(())
    }

    /// Reports the attributes and words that say nothing about a field of this kind.
    pub(super) fn report_misplaced(&self, errors: &mut Errors, ty: &FieldType) {
        let kind = ty.word();
        let stored = matches!(ty, FieldType::Plain { .. } | FieldType::Deferred { .. } | FieldType::ForeignKey { .. });
        let empty = matches!(ty, FieldType::Prefetched { .. } | FieldType::Memo);
        if empty {
            for span in [self.field_attr, self.relation_attr].into_iter().flatten() {
                errors.at(span, format!("a {kind} is not stored: there is nothing to say about it"));
            }
            return;
        }
        if !stored && let Some(span) = self.field_attr {
            errors.at(span, format!("`#[field(..)]` belongs on stored fields: a {kind} has no column"));
        }
        match ty {
            FieldType::Plain { .. } | FieldType::Deferred { .. } => {
                if let Some(span) = self.relation_attr {
                    let places = "a ForeignKey, HasMany, HasOne or ManyToMany";
                    errors.at(span, format!("`#[relation(..)]` belongs on {places}: this is a column"));
                }
            }
            _ => {
                for word in &self.relation_words {
                    if let Some(message) = misplaced(word, ty) {
                        errors.at(word.span(), message);
                    }
                }
            }
        }
    }
}

/// `max_length = 120`, and not 0.
fn length(word: &Ident, input: ParseStream<'_>, zero: &str) -> syn::Result<Length> {
    let number = words::number(word, input)?;
    match number.base10_parse::<u32>()? {
        0 => Err(syn::Error::new(number.span(), zero)),
        limit => Ok(Length { limit, span: word.span() }),
    }
}

/// Why a word of `#[relation(..)]` does not belong on this kind of relation.
fn misplaced(word: &Ident, ty: &FieldType) -> Option<String> {
    let kind = ty.word();
    let word = word.to_string();
    match (word.as_str(), ty) {
        (symbol::VIA, FieldType::ForeignKey { .. }) => {
            Some("`via` belongs on HasMany, HasOne or ManyToMany: a ForeignKey is the column itself".to_owned())
        }
        (symbol::VIA, _) => None,
        (symbol::THROUGH | symbol::TABLE, FieldType::ManyToMany { .. }) => None,
        (symbol::THROUGH | symbol::TABLE, _) => {
            Some(format!("`{word}` belongs on ManyToMany: a {kind} has no table between the models"))
        }
        (_, FieldType::ForeignKey { .. }) => None,
        (symbol::ON_DELETE, FieldType::ManyToMany { .. }) => {
            Some("`on_delete` belongs on a ForeignKey: for a ManyToMany, on those of its `through` model".to_owned())
        }
        (word, FieldType::ManyToMany { .. }) => {
            Some(format!("`{word}` belongs on a ForeignKey: a ManyToMany has no column"))
        }
        (word, _) => Some(format!("`{word}` belongs on the ForeignKey at the other side of this {kind}")),
    }
}

fn through(errors: &mut Errors, word: &Ident, input: ParseStream<'_>) -> syn::Result<Through> {
    let title = "through(BookTag, from = \"book\", to = \"tag\")";
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        let model = model_path(input)?;
        return Ok(Through { model, from: None, to: None });
    }
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(word.span(), format!("expected `through = BookTag` or `{title}`")));
    }
    let content;
    parenthesized!(content in input);
    let model = match model_path(&content) {
        Ok(model) => model,
        Err(error) => {
            words::skip_all(&content)?;
            return Err(error);
        }
    };
    let mut from = None;
    let mut to = None;
    if !content.is_empty() {
        content.parse::<Token![,]>()?;
    }
    let inner = Words { title, known: symbol::THROUGH_WORDS, elsewhere: &[] };
    inner.read(errors, &content, &mut |errors, word, input| {
        let text = words::text(word, input)?;
        let place = if word == symbol::FROM { &mut from } else { &mut to };
        words::once(errors, place, word, text);
        Ok(())
    })?;
    Ok(Through { model, from, to })
}

fn model_path(input: ParseStream<'_>) -> syn::Result<Path> {
    let error = input.error("expected the name of the model in between: `through = BookTag`");
    input.parse::<Path>().map_err(|_| error)
}

fn on_delete(word: &Ident, input: ParseStream<'_>) -> syn::Result<(OnDelete, Span)> {
    words::equals(word, input, "Cascade")?;
    let known = OnDelete::ALL.iter().map(|action| action.word());
    let list = || known.clone().collect::<Vec<_>>().join(", ");
    let error = input.error(format!("expected one of {} here, without quotes", list()));
    let Ok(name) = input.parse::<Ident>() else {
        return Err(error);
    };
    let text = name.to_string();
    match OnDelete::ALL.iter().find(|action| action.word() == text) {
        Some(action) => Ok((*action, word.span())),
        None => {
            let near = names::did_you_mean(&text, known.clone());
            Err(syn::Error::new(name.span(), format!("unknown action `{text}`: expected one of {}{near}", list())))
        }
    }
}
