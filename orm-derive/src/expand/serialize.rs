//! `#[model(serialize)]`: an `impl Serialize` in which a field that is not loaded is left out.
//!
//! A field cannot leave itself out of what `#[derive(Serialize)]` writes, so that derive is not put on the model but on a
//! second struct with the same fields, which serde calls a remote one. Every attribute of serde's is copied to it and
//! means what serde says it means; only what was not said is added here.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::{Attribute, LitStr, Meta};

use crate::model::{Checked, Field, FieldKind, Shape};
use crate::names::Names;
use crate::symbol;

pub(super) fn expand(checked: &Checked, names: &Names) -> TokenStream {
    let model = &checked.model;
    if !model.serialize {
        return TokenStream::new();
    }
    let Names { remote, serializer: kind, .. } = names;
    let (ident, attrs) = (&model.ident, &model.serde);
    let path = LitStr::new(&ident.to_string(), Span::call_site());
    let title = (!has(attrs, &["rename"])).then(|| {
        let name = LitStr::new(&model.name, Span::call_site());
        quote! { #[serde(rename = #name)] }
    });
    let fields = model.fields.iter().map(|field| {
        let (name, ty, attrs, added) = (&field.ident, &field.ty, &field.serde, added(field, names));
        quote! { #(#attrs)* #added #name: #ty }
    });
    let flat = model.fields.iter().filter(|field| is_flat_key(field)).map(|field| flat(field, names));
    quote! {
        #[derive(::serde::Serialize)]
        #[serde(remote = #path)]
        #title
        #(#attrs)*
        struct #remote {
            #(#fields),*
        }
        #(#flat)*
        #[automatically_derived]
        impl ::serde::Serialize for #ident {
            fn serialize<#kind: ::serde::Serializer>(
                &self,
                serializer: #kind,
            ) -> ::core::result::Result<#kind::Ok, #kind::Error> {
                #remote::serialize(self, serializer)
            }
        }
    }
}

/// What a field's own attributes do not say.
fn added(field: &Field, names: &Names) -> TokenStream {
    if is_flat_key(field) {
        let path = LitStr::new(&flat_name(field).to_string(), Span::call_site());
        return quote! { #[serde(serialize_with = #path)] };
    }
    if has(&field.serde, &["skip", "skip_serializing", "skip_serializing_if"]) {
        return TokenStream::new();
    }
    let handle = match &field.kind {
        FieldKind::HasMany(_) => symbol::HAS_MANY,
        FieldKind::HasOne(_) => symbol::HAS_ONE,
        FieldKind::ManyToMany(_) => symbol::MANY_TO_MANY,
        FieldKind::Prefetched { .. } => symbol::PREFETCHED,
        FieldKind::Stored(stored) if matches!(stored.shape, Shape::Deferred { .. }) => symbol::DEFERRED,
        // What a row looks like does not depend on what was computed of it.
        FieldKind::Memo if field.serde.is_empty() => return quote! { #[serde(skip)] },
        _ => return TokenStream::new(),
    };
    let path = LitStr::new(&format!("{}::{handle}::is_unloaded", names.orm), Span::call_site());
    quote! { #[serde(skip_serializing_if = #path)] }
}

/// A foreign key among the fields of its row: where the related row is not loaded, its key has to go by the field's name.
fn is_flat_key(field: &Field) -> bool {
    let is_key = matches!(&field.kind, FieldKind::Stored(stored) if stored.foreign_key().is_some());
    is_key && has(&field.serde, &["flatten"]) && !has(&field.serde, &["with", "serialize_with", "skip"])
}

fn flat(field: &Field, names: &Names) -> TokenStream {
    let Names { orm, serializer: kind, .. } = names;
    let (function, ty, name) = (flat_name(field), &field.ty, &field.name);
    quote! {
        fn #function<#kind: ::serde::Serializer>(
            key: &#ty,
            serializer: #kind,
        ) -> ::core::result::Result<#kind::Ok, #kind::Error> {
            #orm::FlatKey::serialize_flat(key, #name, serializer)
        }
    }
}

fn flat_name(field: &Field) -> proc_macro2::Ident {
    format_ident!("serialize_{}", field.name)
}

/// Whether an attribute of serde's has one of these words.
fn has(attrs: &[Attribute], words: &[&str]) -> bool {
    attrs.iter().any(|attr| {
        let Meta::List(list) = &attr.meta else { return false };
        let mut at_start = true;
        list.tokens.clone().into_iter().any(|token| {
            let is_start = std::mem::replace(&mut at_start, false);
            match token {
                TokenTree::Punct(punct) => {
                    at_start = punct.as_char() == ',';
                    false
                }
                TokenTree::Ident(word) => is_start && words.iter().any(|known| word == known),
                _ => false,
            }
        })
    })
}
