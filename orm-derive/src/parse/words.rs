//! The grammar that all attributes share: words separated by commas, `word`, `word = value` or `word(..)`.
//!
//! A mistake in one word is reported and skipped, so that the next ones are read too.

use std::fmt::Display;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, LitBool, LitInt, LitStr, Meta, Token, parenthesized};

use crate::errors::Errors;
use crate::names;

/// An attribute, or a word of one that has words of its own.
pub(super) struct Words<'a> {
    /// As it is written: `#[model(..)]`, `index(..)`.
    pub(super) title: &'a str,
    pub(super) known: &'a [&'a str],
    /// Words of another attribute, with its title: they are not mis-spelt but misplaced.
    pub(super) elsewhere: &'a [(&'a str, &'a [&'a str])],
}

/// Reads the value of one known word.
pub(super) type Read<'a> = dyn FnMut(&mut Errors, &Ident, ParseStream<'_>) -> syn::Result<()> + 'a;

impl Words<'_> {
    /// Reads an attribute of the form `#[name(..)]`.
    pub(super) fn of_attribute(&self, errors: &mut Errors, attr: &Attribute, read: &mut Read<'_>) {
        let Meta::List(list) = &attr.meta else {
            errors.about(attr, format!("expected `{}`", self.title));
            return;
        };
        let parser = |input: ParseStream<'_>| self.read(errors, input, read);
        if let Err(error) = parser.parse2(list.tokens.clone()) {
            errors.push(error);
        }
    }

    /// Reads `(..)` behind a word.
    pub(super) fn in_parentheses(
        &self,
        errors: &mut Errors,
        word: &Ident,
        input: ParseStream<'_>,
        read: &mut Read<'_>,
    ) -> syn::Result<()> {
        if !input.peek(syn::token::Paren) {
            return Err(syn::Error::new(word.span(), format!("expected `{}`", self.title)));
        }
        let content;
        parenthesized!(content in input);
        self.read(errors, &content, read)
    }

    /// Reads words up to the end of the input.
    pub(super) fn read(&self, errors: &mut Errors, input: ParseStream<'_>, read: &mut Read<'_>) -> syn::Result<()> {
        while !input.is_empty() {
            if let Err(error) = self.read_word(errors, input, read) {
                errors.push(error);
                skip(input)?;
            }
            // A word that was read and one that was skipped both end at a comma: each turn takes a token at least.
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    fn read_word(&self, errors: &mut Errors, input: ParseStream<'_>, read: &mut Read<'_>) -> syn::Result<()> {
        // `crate` is a keyword, so the word is any identifier.
        let word = input.call(Ident::parse_any)?;
        if !self.known.iter().any(|known| word == known) {
            errors.at(word.span(), self.unknown(&word.to_string()));
            return skip_value(input);
        }
        read(errors, &word, input)?;
        if input.is_empty() || input.peek(Token![,]) {
            Ok(())
        } else {
            Err(input.error(format!("expected `,` after `{word}` in `{}`", self.title)))
        }
    }

    fn unknown(&self, word: &str) -> String {
        if let Some((title, _)) = self.elsewhere.iter().find(|(_, words)| words.contains(&word)) {
            return format!("`{word}` belongs in `{title}`, not in `{}`", self.title);
        }
        let known = self.known.join(", ");
        let near = names::did_you_mean(word, self.known.iter().copied());
        format!("unknown word `{word}`: `{}` knows {known}{near}", self.title)
    }
}

/// Goes on to the next comma.
fn skip(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// Skips what follows an unknown word. A value is read as an expression, which may have commas of its own.
fn skip_value(input: ParseStream<'_>) -> syn::Result<()> {
    let fork = input.fork();
    if fork.parse::<Token![=]>().is_ok() && fork.parse::<Expr>().is_ok() {
        input.parse::<Token![=]>()?;
        input.parse::<Expr>()?;
    }
    skip(input)
}

/// Leaves nothing behind, after a mistake from which there is no way on.
pub(super) fn skip_all(input: ParseStream<'_>) -> syn::Result<()> {
    input.parse::<TokenStream>().map(drop)
}

/// A word that is written alone.
pub(super) fn flag(word: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    // What else follows is the next word, and `Words` asks for the comma before it.
    if input.peek(Token![=]) || input.peek(syn::token::Paren) {
        Err(input.error(format!("`{word}` takes no value: write it alone, or leave it out")))
    } else {
        Ok(())
    }
}

/// `word = "text"`, and not an empty one.
pub(super) fn text(word: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    equals(word, input, "\"..\"")?;
    let text = literal::<LitStr>(word, input, "a text", "\"..\"")?;
    if text.value().trim().is_empty() {
        return Err(syn::Error::new(text.span(), format!("`{word}` is empty")));
    }
    Ok(text)
}

/// `word = true` or `word = false`.
pub(super) fn truth(word: &Ident, input: ParseStream<'_>) -> syn::Result<LitBool> {
    equals(word, input, "false")?;
    literal::<LitBool>(word, input, "`true` or `false`", "false")
}

/// `word = 120`.
pub(super) fn number(word: &Ident, input: ParseStream<'_>) -> syn::Result<LitInt> {
    equals(word, input, "120")?;
    literal::<LitInt>(word, input, "a number", "120")
}

/// `word = path`: a function, or a closure.
pub(super) fn function(word: &Ident, input: ParseStream<'_>) -> syn::Result<Expr> {
    equals(word, input, "my_function")?;
    match input.parse()? {
        Expr::Lit(text) => {
            Err(syn::Error::new_spanned(text, format!("expected a function, without quotes: `{word} = my_function`")))
        }
        function => Ok(function),
    }
}

/// The `=` between a word and its value.
pub(super) fn equals(word: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<()> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>().map(drop)
    } else {
        Err(syn::Error::new(word.span(), format!("`{word}` needs a value: `{word} = {example}`")))
    }
}

fn literal<T: syn::parse::Parse>(word: &Ident, input: ParseStream<'_>, what: &str, example: &str) -> syn::Result<T> {
    // One token is read ahead, so that the message stands at the wrong value and not behind it.
    if input.fork().parse::<T>().is_ok() {
        input.parse()
    } else {
        Err(input.error(format!("expected {what}: `{word} = {example}`")))
    }
}

/// Keeps a value that may be given once.
pub(super) fn once<T>(errors: &mut Errors, place: &mut Option<T>, word: &Ident, value: T) {
    if place.is_some() {
        errors.at(word.span(), format!("`{word}` is given twice"));
    } else {
        *place = Some(value);
    }
}

/// A word that must be there: its absence is an error at `at`.
pub(super) fn needed<T>(errors: &mut Errors, value: Option<T>, at: &Ident, message: impl Display) -> Option<T> {
    if value.is_none() {
        errors.at(at.span(), message);
    }
    value
}
