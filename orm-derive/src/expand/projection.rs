//! `impl Projection`: which expression feeds which field, and how they are read back, in the order of the fields.
//!
//! The derive does not see the model. It writes the calls of the model's fields that a person would write, each at the
//! place where the field was named, and lets the compiler check them against the field's type.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;

use crate::model::place;
use crate::names;
use crate::projection::{Field, FieldPath, Projection, Source};

/// The code of a projection without a mistake.
pub(crate) fn projection(projection: &Projection) -> TokenStream {
    let Some(model) = &projection.model else { return TokenStream::new() };
    let names = Names::new(projection, model);
    let Names { orm, fields, to } = &names;
    let widths = projection.fields.iter().map(|field| width(field, &names));
    let calls = projection.fields.iter().map(|field| call(field, model, &names));
    let reads = projection.fields.iter().map(|field| read(field, &names));
    let body = quote! {
        const WIDTH: usize = 0 #(+ #widths)*;
        fn project(#fields: &#orm::Fields<#model>, #to: &mut #orm::ProjectionFields) {
            #(#calls)*
        }
        fn read(row: &mut #orm::Cursor<'_>) -> ::core::result::Result<Self, #orm::Mismatch> {
            ::core::result::Result::Ok(Self { #(#reads),* })
        }
    };
    assemble(projection, model, orm, &body)
}

/// What stands beside the errors, so that the queries that use it do not report it again.
pub(crate) fn projection_fallback(projection: Option<&Projection>) -> TokenStream {
    let Some((projection, model)) = projection.and_then(|projection| Some((projection, projection.model.as_ref()?)))
    else {
        return TokenStream::new();
    };
    let Names { orm, fields, to } = Names::new(projection, model);
    let body = quote! {
        const WIDTH: usize = 0;
        fn project(#fields: &#orm::Fields<#model>, #to: &mut #orm::ProjectionFields) {}
        fn read(row: &mut #orm::Cursor<'_>) -> ::core::result::Result<Self, #orm::Mismatch> {
            ::core::unreachable!()
        }
    };
    assemble(projection, model, &orm, &body)
}

fn assemble(projection: &Projection, model: &Path, orm: &Ident, body: &TokenStream) -> TokenStream {
    let Projection { ident, name, facade, .. } = projection;
    quote! {
        #[allow(
            unused_qualifications, private_interfaces, private_bounds, unreachable_pub, unused_variables, deprecated,
            clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction
        )]
        const _: () = {
            use #facade::__private as #orm;
            #[automatically_derived]
            impl #orm::Projection for #ident {
                type Model = #model;
                const NAME: &'static str = #name;
                #body
            }
            #[automatically_derived]
            impl #orm::ProjectionOf<#model> for #ident {}
            #[automatically_derived]
            impl #orm::RawRow for #ident {
                fn shape() -> #orm::RowShape {
                    #orm::RowShape::projection::<Self>()
                }
                fn read(row: &mut #orm::Cursor<'_>) -> ::core::result::Result<Self, #orm::Mismatch> {
                    <Self as #orm::Projection>::read(row)
                }
            }
        };
    }
}

/// The names of the generated items, which give way where the struct uses them.
struct Names {
    orm: Ident,
    /// Parameters. What the user writes behind `with` does not see them.
    fields: Ident,
    to: Ident,
}

impl Names {
    fn new(projection: &Projection, model: &Path) -> Self {
        let mut used = BTreeSet::new();
        let mut add = |tokens: &dyn ToTokens| names::words(tokens.to_token_stream(), &mut used);
        add(&projection.ident);
        add(&projection.facade);
        add(model);
        for field in &projection.fields {
            add(&field.ty);
            if let Source::Computed(function) = &field.source {
                add(function);
            }
        }
        let local = |name| Ident::new(name, Span::mixed_site());
        Names { orm: names::unused("orm", &used), fields: local("fields"), to: local("to") }
    }
}

/// How many values a field is read from.
fn width(field: &Field, names: &Names) -> TokenStream {
    let ty = &field.ty;
    let orm = names::at(&names.orm, place(ty));
    match &field.source {
        Source::Nested(_) => quote_spanned! {place(ty)=> <#ty as #orm::Nested>::WIDTH },
        Source::Path(_) | Source::Computed(_) | Source::Unreadable => quote! { 1 },
    }
}

/// Says what feeds a field. The call stands at the field's type: what is wrong with that is shown there.
fn call(field: &Field, model: &Path, names: &Names) -> TokenStream {
    let (ty, name, fields) = (&field.ty, &field.name, &names.fields);
    let place = place(ty);
    let [orm, to] = [&names.orm, &names.to].map(|name| names::at_keeping_hygiene(name, place));
    match &field.source {
        Source::Path(path) => {
            let value = reach(path, &orm, fields);
            quote_spanned! {place=> #to.value::<#model, #ty, _>(#name, #value); }
        }
        Source::Nested(path) => {
            let value = reach(path, &orm, fields);
            quote_spanned! {place=> #to.nested::<#ty, _>(#name, &#value); }
        }
        Source::Computed(function) => {
            quote_spanned! {place=> #to.computed::<#model, #ty, _>(#name, #fields, #function); }
        }
        Source::Unreadable => TokenStream::new(),
    }
}

/// `crossed(&fields.author()).name()`: the last field of a path, each called at the place where it was named.
fn reach(path: &FieldPath, orm: &Ident, fields: &Ident) -> TokenStream {
    let mut from = quote! { #fields };
    for ident in &path.before {
        let place = ident.span().resolved_at(Span::call_site());
        let orm = names::at(orm, place);
        from = quote_spanned! {place=> #orm::crossed(&#from.#ident()) };
    }
    let last = &path.last;
    let place = last.span().resolved_at(Span::call_site());
    quote_spanned! {place=> #from.#last() }
}

fn read(field: &Field, names: &Names) -> TokenStream {
    let (ident, ty) = (&field.ident, &field.ty);
    let orm = names::at(&names.orm, place(ty));
    match &field.source {
        Source::Path(_) | Source::Computed(_) => quote_spanned! {place(ty)=> #ident: row.value::<#ty>()? },
        Source::Nested(_) => quote_spanned! {place(ty)=> #ident: <#ty as #orm::Nested>::read(row)? },
        Source::Unreadable => quote! { #ident: ::core::unreachable!() },
    }
}
