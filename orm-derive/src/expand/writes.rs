//! What a write does to a row beside writing it: the time it happens, the version, what the database computes, hooks.
//!
//! Only the models that say so get code for it; the contract has an empty answer for the others.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;

use crate::model::{Auto, Checked, Field, ForeignKey, Shape, Source, Stored};
use crate::names::{self, Names};

/// The type as which a column is read back.
pub(super) fn read_type(field: &Field, stored: &Stored) -> TokenStream {
    match &stored.shape {
        Shape::Deferred { value } if stored.nullable => quote! { ::core::option::Option<#value> },
        Shape::Deferred { value } => quote! { #value },
        Shape::Plain { .. } | Shape::ForeignKey(_) => {
            let ty: &Type = &field.ty;
            quote! { #ty }
        }
    }
}

/// The function that makes the time of a write a value of the column.
pub(super) fn time_of(field: &Field, auto: Auto, stored: &Stored, names: &Names) -> TokenStream {
    let (Shape::Plain { value } | Shape::Deferred { value } | Shape::ForeignKey(ForeignKey { target: value, .. })) =
        &stored.shape;
    // What is wrong with the type is shown where the word stands.
    let place = auto.span.resolved_at(Span::call_site());
    let (orm, name) = (names::at(&names.orm, place), names::default_of(&field.ident));
    quote_spanned! {place=> fn #name(now: &#orm::Now) -> #value { <#value as #orm::Stamp>::at(now) } }
}

/// The methods of `impl Model`.
pub(super) fn methods(checked: &Checked, names: &Names) -> TokenStream {
    let Names { orm, .. } = names;
    let model = &checked.model;
    let columns = || model.columns().enumerate();

    let stamps: Vec<_> = columns()
        .filter_map(|(column, (field, stored))| {
            stored.auto.filter(|auto| auto.on_save)?;
            let (ident, column, time) =
                (&field.ident, Literal::usize_unsuffixed(column), names::default_of(&field.ident));
            let now = quote! { #time(&now) };
            let set = match stored.shape {
                Shape::Deferred { .. } if stored.nullable => {
                    quote! { self.#ident.set(::core::option::Option::Some(#now)) }
                }
                Shape::Deferred { .. } => quote! { self.#ident.set(#now) },
                _ if stored.nullable => quote! { self.#ident = ::core::option::Option::Some(#now) },
                _ => quote! { self.#ident = #now },
            };
            Some(quote! { if columns.contains(&#column) { #set; } })
        })
        .collect();
    let stamp = (!stamps.is_empty()).then(|| {
        quote! {
            fn stamp(&mut self, columns: &[usize]) {
                let now = #orm::Now::read();
                #(#stamps)*
            }
        }
    });

    let taken: Vec<_> = columns()
        .filter(|(_, (_, stored))| stored.is_read_only())
        .map(|(column, (field, stored))| {
            let (ident, column, ty) = (&field.ident, Literal::usize_unsuffixed(column), read_type(field, stored));
            match stored.shape {
                Shape::Deferred { .. } => quote! { self.#ident.set(returned.value::<#ty>(#column)?); },
                _ => quote! { self.#ident = returned.value::<#ty>(#column)?; },
            }
        })
        .collect();
    let take = (!taken.is_empty()).then(|| {
        quote! {
            fn take(&mut self, returned: &#orm::Returned) -> ::core::result::Result<(), #orm::Mismatch> {
                #(#taken)*
                ::core::result::Result::Ok(())
            }
        }
    });

    let version = model.columns().find(|(_, stored)| matches!(stored.source, Source::Version { .. }));
    let bump = version.map(|(field, _)| {
        let ident = &field.ident;
        quote! {
            fn bump(&mut self) {
                self.#ident = self.#ident.wrapping_add(1);
            }
            fn unbump(&mut self) {
                self.#ident = self.#ident.wrapping_sub(1);
            }
        }
    });

    let hook = model.hooks.then(|| {
        quote! {
            const HOOKED: bool = true;
            fn hook(event: #orm::Event<'_, Self>, tx: &#orm::Transaction<'_>) -> #orm::Result<()> {
                #orm::call::<Self>(event, tx)
            }
        }
    });
    quote! { #stamp #take #bump #hook }
}

/// What lets the user implement `Hooks`: without the word, they would never be called.
pub(super) fn expand(checked: &Checked, names: &Names) -> TokenStream {
    let Names { orm, .. } = names;
    let model = &checked.model.ident;
    match checked.model.hooks {
        true => quote! {
            #[automatically_derived]
            impl #orm::Hooked for #model {}
        },
        false => TokenStream::new(),
    }
}
