//! The statics that describe relations, and a function that lets the compiler check them against the other model.
//!
//! A derive does not see the other model. What it writes about a field there, as `via = "author"` does, is written once
//! more as a call of that field, so that a wrong name does not compile.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::model::{Checked, Field, FieldKind, FieldName, Link, ManyToMany, Reverse, Stored};
use crate::names::{self, Names};

/// One static for each relation, in the order of the fields.
pub(super) fn statics(checked: &Checked, names: &Names) -> TokenStream {
    let statics = checked.model.fields.iter().map(|field| match &field.kind {
        FieldKind::Stored(stored) => foreign_key(checked, field, stored, names),
        FieldKind::HasMany(reverse) => {
            let via = &reverse.via.name;
            relation(checked, field, &reverse.target, &quote! { HasMany { via: #via } }, names)
        }
        FieldKind::HasOne(reverse) => {
            let via = &reverse.via.name;
            relation(checked, field, &reverse.target, &quote! { HasOne { via: #via } }, names)
        }
        FieldKind::ManyToMany(many) => {
            let link = link(&many.link, names);
            relation(checked, field, &many.target, &quote! { ManyToMany(#link) }, names)
        }
        FieldKind::Prefetched { .. } | FieldKind::Memo | FieldKind::Unreadable => TokenStream::new(),
    });
    statics.collect()
}

fn foreign_key(checked: &Checked, field: &Field, stored: &Stored, names: &Names) -> TokenStream {
    let Some(key) = stored.foreign_key() else {
        return TokenStream::new();
    };
    let Names { orm, .. } = names;
    let (column, nullable, constraint) = (&stored.column, stored.nullable, key.constraint);
    let unique = stored.unique.is_some();
    let on_delete = Ident::new(key.on_delete.word(), field.ident.span());
    let kind = quote! {
        ForeignKey {
            column: #column,
            nullable: #nullable,
            unique: #unique,
            on_delete: #orm::OnDelete::#on_delete,
            constraint: #constraint,
        }
    };
    relation(checked, field, &key.target, &kind, names)
}

fn link(link: &Link, names: &Names) -> TokenStream {
    let Names { orm, .. } = names;
    match link {
        Link::Auto { table, .. } => quote! { #orm::Link::Auto { table: #table } },
        Link::Reverse { via } => {
            let via = &via.name;
            quote! { #orm::Link::Reverse { via: #via } }
        }
        Link::Through { model, from, to } => {
            let (from, to) = (&from.name, &to.name);
            let meta = quote_spanned! {model.span()=> || <#model as #orm::Model>::META };
            quote! { #orm::Link::Through { model: #meta, from: #from, to: #to } }
        }
    }
}

fn relation(checked: &Checked, field: &Field, target: &Type, kind: &TokenStream, names: &Names) -> TokenStream {
    let Names { orm, .. } = names;
    let item = names::relation_static(&field.ident);
    let (model, name) = (&checked.model.name, &field.name);
    let slot = Literal::usize_unsuffixed(field.slot.unwrap_or_default());
    let target = quote_spanned! {target.span()=> || <#target as #orm::Model>::META };
    quote! {
        static #item: #orm::RelationMeta = #orm::RelationMeta {
            name: #name,
            model: #model,
            slot: #slot,
            target: #target,
            kind: #orm::RelationKind::#kind,
        };
    }
}

/// The function that is never called: compiling it is the check.
pub(super) fn checks(checked: &Checked, names: &Names) -> TokenStream {
    let relations = &names.relations;
    let owner = &checked.model.ident;
    let calls = checked.model.fields.iter().map(|field| match &field.kind {
        FieldKind::HasMany(Reverse { target, via }) => check("points_at", target, owner, via, names),
        FieldKind::HasOne(Reverse { target, via }) => check("points_at_one", target, owner, via, names),
        FieldKind::ManyToMany(ManyToMany { target, link }) => match link {
            Link::Auto { .. } => {
                let orm = names::at(&names.orm, target.span());
                quote_spanned! {target.span()=> #orm::can_be_led_to::<#target>(); }
            }
            Link::Through { model, from, to } => {
                let from = check("links_to", model, owner, from, names);
                let to = check("links_to", model, target, to, names);
                quote! { #from #to }
            }
            Link::Reverse { via } => check("mirrors", target, owner, via, names),
        },
        FieldKind::Stored(_) | FieldKind::Prefetched { .. } | FieldKind::Memo | FieldKind::Unreadable => {
            TokenStream::new()
        }
    });
    quote! { fn #relations() { #(#calls)* } }
}

/// Calls a field of `far` that is there for a relation to `near`. A method of the same name on every type answers
/// where `far` has no such field, so that the error is the check's and not "no method named".
fn check(word: &str, far: impl ToTokens, near: impl ToTokens, via: &FieldName, names: &Names) -> TokenStream {
    let via = &via.ident;
    let place = via.span();
    let [orm, fallback] = [&names.orm, &names.fallback].map(|name| names::at(name, place));
    let word = Ident::new(word, place);
    quote_spanned! {place=>
        {
            trait #fallback {
                fn #via(&self) -> #orm::NoSuchField {
                    #orm::NoSuchField
                }
            }
            impl<T> #fallback for T {}
            #orm::#word::<#far, #near, _>(|f| f.#via());
        }
    }
}
