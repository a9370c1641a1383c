//! The field handles of a model: one method for each field, on a struct that knows the path by which it was reached.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;

use crate::model::{self, Checked, Field, FieldKind, Shape, Source};
use crate::names::{self, Names};

pub(super) fn expand(checked: &Checked, names: &Names) -> TokenStream {
    let Names { orm, fields, root, kind, .. } = names;
    let mut column = 0;
    let methods: TokenStream = checked
        .model
        .fields
        .iter()
        .map(|field| {
            let method = method(checked, field, column, names);
            column += usize::from(matches!(field.kind, FieldKind::Stored(_)));
            method
        })
        .collect();
    quote! {
        pub struct #fields<#root, #kind> {
            path: #orm::Path,
            kind: ::core::marker::PhantomData<fn() -> (#root, #kind)>,
        }
        #[automatically_derived]
        impl<#root, #kind> #orm::FieldsAt for #fields<#root, #kind> {
            fn at(path: #orm::Path) -> Self {
                #fields { path, kind: ::core::marker::PhantomData }
            }
        }
        impl<#root: #orm::Model, #kind: #orm::Kind> #fields<#root, #kind> {
            #methods
        }
    }
}

fn method(checked: &Checked, field: &Field, column: usize, names: &Names) -> TokenStream {
    let Names { columns, .. } = names;
    let (vis, ident, owner) = (&field.vis, &field.ident, &checked.model.ident);
    let (output, body) = match &field.kind {
        FieldKind::Stored(stored) => match &stored.shape {
            Shape::ForeignKey(key) => {
                let crossing = if stored.nullable {
                    quote! { Nullable }
                } else {
                    quote! { Required }
                };
                to_one(field, &key.target, &crossing, names)
            }
            Shape::Plain { .. } | Shape::Deferred { .. } => {
                let ty = &field.ty;
                let column = Literal::usize_unsuffixed(column);
                let [orm, root, kind] = names_at(names, stored.place());
                // What the library or the database writes is read like a computed value: it cannot be set.
                let is_kept = stored.is_read_only() || matches!(stored.source, Source::Version { .. });
                let own = match is_kept {
                    true => quote_spanned! {stored.place()=> #kind::Computed },
                    false => quote_spanned! {stored.place()=> #kind },
                };
                (
                    quote_spanned! {stored.place()=> #orm::Expr<#root, #kind::Wrap<#ty>, #own> },
                    quote_spanned! {stored.place()=> #orm::Expr::column(&self.path, &#columns[#column]) },
                )
            }
        },
        FieldKind::HasOne(reverse) => to_one(field, &reverse.target, &quote! { Nullable }, names),
        FieldKind::HasMany(reverse) => to_many(checked, field, &reverse.target, names),
        FieldKind::ManyToMany(many) => to_many(checked, field, &many.target, names),
        FieldKind::Prefetched { target } => {
            let slot = Literal::usize_unsuffixed(field.slot.unwrap_or_default());
            let name = &field.name;
            let [orm, ..] = names_at(names, model::place(target));
            (
                quote_spanned! {model::place(target)=> #orm::Slot<#owner, #target> },
                quote_spanned! {model::place(target)=> #orm::Slot::new(#slot, #name) },
            )
        }
        FieldKind::Memo | FieldKind::Unreadable => return TokenStream::new(),
    };
    quote! { #vis fn #ident(&self) -> #output { #body } }
}

fn to_one(field: &Field, target: &Type, crossing: &TokenStream, names: &Names) -> (TokenStream, TokenStream) {
    let [orm, root, kind] = names_at(names, model::place(target));
    let relation = names::relation_static(&field.ident);
    (
        quote_spanned! {model::place(target)=> #orm::ToOne<#root, #target, #kind, #orm::#crossing> },
        quote_spanned! {model::place(target)=> #orm::ToOne::at(&self.path, &#relation) },
    )
}

fn to_many(checked: &Checked, field: &Field, target: &Type, names: &Names) -> (TokenStream, TokenStream) {
    let [orm, root, _] = names_at(names, model::place(target));
    let owner = &checked.model.ident;
    let relation = names::relation_static(&field.ident);
    (
        quote_spanned! {model::place(target)=> #orm::ToMany<#root, #owner, #target> },
        quote_spanned! {model::place(target)=> #orm::ToMany::at(&self.path, &#relation) },
    )
}

/// The names in the type of a handle, at the place of the field's type: what is wrong with the type is shown there.
fn names_at(names: &Names, place: Span) -> [Ident; 3] {
    [&names.orm, &names.root, &names.kind].map(|name| names::at(name, place))
}
