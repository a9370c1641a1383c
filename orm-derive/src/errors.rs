//! The collector of errors: a derive reports all of them at once, each at its own place.
//!
//! Whoever finds a mistake adds it here and goes on. [`Errors::finish`] takes the collector, so that what was
//! collected cannot be left unread by accident.

use std::fmt::Display;

use proc_macro2::Span;
use quote::ToTokens;

/// The mistakes found so far.
#[must_use = "the errors are lost unless `finish` is called"]
pub(crate) struct Errors {
    found: Vec<syn::Error>,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Errors { found: Vec::new() }
    }

    /// Adds an error about these tokens.
    pub(crate) fn about(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error at this place.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    /// All of them as one error, or `None` if nothing was wrong.
    pub(crate) fn finish(self) -> Option<syn::Error> {
        self.found.into_iter().reduce(|mut all, next| {
            all.combine(next);
            all
        })
    }
}
