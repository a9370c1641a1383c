//! The rules of a model that its description does not have: bounds and validators.
//!
//! A new row and a saved one are different types, and a rule is about both. So a model with rules gets a third one, which
//! refers to the stored fields of either, and the rules are asked of that.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::builder::value_type;
use crate::model::{Checked, Field, Insert, Shape, Stored};
use crate::names::Names;

/// What every model can be asked, and the struct that the rules are about.
pub(super) fn expand(checked: &Checked, names: &Names) -> TokenStream {
    let Names { orm, new, written, .. } = names;
    let model = &checked.model.ident;
    let asked = quote! {
        #[automatically_derived]
        impl #orm::Validate for #new {
            fn validate(&self) -> #orm::Result<()> {
                #orm::validate_new::<#model>(::core::clone::Clone::clone(self))
            }
        }
    };
    if !checked.model.has_rules() {
        return asked;
    }
    let door = quote! { #orm };
    let fields = checked.model.inserted().map(|(_, field, stored)| {
        let (vis, ident, value) = (&field.vis, &field.ident, value_type(stored, &door));
        match is_always_there(stored) {
            true => quote! { #vis #ident: &'row #value },
            false => quote! { #vis #ident: ::core::option::Option<&'row #value> },
        }
    });
    let of_row = checked.model.inserted().map(|(_, field, stored)| of_row(field, stored, names));
    let of_new = checked.model.inserted().map(|(_, field, stored)| of_new(field, stored));
    let asks = checked.model.inserted().filter_map(|(number, field, stored)| {
        let asks = field_rules(stored)?;
        let (ident, name, value) = (&field.ident, &field.name, value_type(stored, &door));
        let number = Literal::usize_unsuffixed(number);
        Some(quote! { rules.field(#number, #name, self.#ident, |value: &#value, rule| { #asks }); })
    });
    let validators = checked.model.validators.iter().map(|validator| {
        let called = called(validator, &quote_spanned! {place(validator)=> self });
        quote_spanned! {place(validator)=> rules.row(#called); }
    });
    quote! {
        #asked
        #[derive(::core::clone::Clone, ::core::marker::Copy)]
        pub struct #written<'row> { #(#fields),* }
        #[automatically_derived]
        impl<'row> #written<'row> {
            fn of_row(row: &'row #model) -> Self {
                #written { #(#of_row),* }
            }
            fn of_new(new: &'row #new) -> ::core::option::Option<Self> {
                ::core::option::Option::Some(#written { #(#of_new),* })
            }
            fn ask(&self, rules: &mut #orm::Rules<'_>) {
                #(#asks)*
                #(#validators)*
            }
        }
        #[automatically_derived]
        impl #orm::Validated for #model {
            type Written<'row> = #written<'row>;
        }
    }
}

/// The methods of `impl Model` that ask them.
pub(super) fn methods(checked: &Checked, names: &Names) -> TokenStream {
    if !checked.model.has_rules() {
        return TokenStream::new();
    }
    let Names { orm, new, written, .. } = names;
    quote! {
        fn check_new(new: &#new, rules: &mut #orm::Rules<'_>) {
            if let ::core::option::Option::Some(row) = #written::of_new(new) {
                row.ask(rules);
            }
        }
        fn check(&self, rules: &mut #orm::Rules<'_>) {
            #written::of_row(self).ask(rules);
        }
    }
}

/// Whether every row has a value to refer to, be it new or not.
fn is_always_there(stored: &Stored) -> bool {
    match stored.shape {
        Shape::Deferred { .. } => false,
        Shape::Plain { .. } | Shape::ForeignKey(_) => {
            !stored.nullable
                && !matches!(stored.insert(), Insert::Generated | Insert::GeneratedByType | Insert::Computed)
        }
    }
}

fn of_row(field: &Field, stored: &Stored, names: &Names) -> TokenStream {
    let Names { orm, .. } = names;
    let ident = &field.ident;
    let value = match &stored.shape {
        Shape::Plain { .. } if stored.nullable => quote! { row.#ident.as_ref() },
        Shape::Plain { .. } if is_always_there(stored) => quote! { &row.#ident },
        Shape::Plain { .. } => quote! { ::core::option::Option::Some(&row.#ident) },
        Shape::Deferred { .. } if stored.nullable => {
            quote! { row.#ident.loaded().and_then(::core::option::Option::as_ref) }
        }
        Shape::Deferred { .. } => quote! { row.#ident.loaded() },
        Shape::ForeignKey(_) if stored.nullable => {
            quote! { row.#ident.as_ref().map(#orm::ForeignKey::key) }
        }
        Shape::ForeignKey(_) => quote! { row.#ident.key() },
    };
    quote! { #ident: #value }
}

/// The field of a new row whose defaults have been filled in.
fn of_new(field: &Field, stored: &Stored) -> TokenStream {
    let ident = &field.ident;
    let value = match (stored.insert(), is_always_there(stored)) {
        (Insert::Required, true) => quote! { &new.#ident },
        (Insert::Required, false) => quote! { ::core::option::Option::Some(&new.#ident) },
        (Insert::NullableDefaulted, _) => {
            quote! { new.#ident.as_ref().and_then(::core::option::Option::as_ref) }
        }
        (_, true) => quote! { new.#ident.as_ref()? },
        (_, false) => quote! { new.#ident.as_ref() },
    };
    quote! { #ident: #value }
}

/// The calls that ask the rules of a field, if it has any.
fn field_rules(stored: &Stored) -> Option<TokenStream> {
    stored.rules().next()?;
    let bound = |name: TokenStream, bound: &Option<Expr>| {
        let bound = bound.as_ref()?;
        Some(quote_spanned! {place(bound)=> rule.#name(value, #bound); })
    };
    let bounds = [bound(quote! { min }, &stored.min), bound(quote! { max }, &stored.max)];
    let bounds = bounds.iter().flatten();
    let validators = stored.validators.iter().map(|validator| {
        let called = called(validator, &quote_spanned! {place(validator)=> value });
        quote_spanned! {place(validator)=> rule.said(#called); }
    });
    Some(quote! { #(#bounds)* #(#validators)* })
}

/// The place of a rule in the source, with the name resolution of generated code.
fn place(rule: &Expr) -> Span {
    rule.span().resolved_at(Span::call_site())
}

/// A call of a function, or of a closure.
fn called(function: &Expr, argument: &TokenStream) -> TokenStream {
    match function {
        Expr::Path(path) => quote! { #path(#argument) },
        closure => quote! { (#closure)(#argument) },
    }
}
