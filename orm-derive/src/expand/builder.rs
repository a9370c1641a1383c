//! The insert type, and the builder that fills it.
//!
//! The builder has one type parameter for each required field, which is `missing::field` until its setter makes it
//! `Set`. The values stand in one draft, so that a setter changes a type and moves nothing else.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::{Checked, Field, Insert, Model, Shape, Stored};
use crate::names::{self, Names};
use crate::symbol;

/// `NewBook`: a row that has no key yet.
pub(super) fn insert_type(model: &Model, names: &Names) -> TokenStream {
    let (vis, new, facade) = (&model.vis, &names.new, &model.facade);
    let door = quote! { #facade::__private };
    let fields = model.inserted().map(|(_, field, stored)| {
        let (vis, ident) = (&field.vis, &field.ident);
        let doc = format!("The `{}` of the new row.", field.name);
        let value = value_type(stored, &door);
        let ty = match stored.insert() {
            Insert::Required => value,
            Insert::Nullable
            | Insert::Defaulted
            | Insert::Generated
            | Insert::GeneratedByType
            | Insert::Computed
            | Insert::ReadOnly => {
                quote! { ::core::option::Option<#value> }
            }
            Insert::NullableDefaulted => quote! { ::core::option::Option<::core::option::Option<#value>> },
        };
        quote! { #[doc = #doc] #vis #ident: #ty }
    });
    let doc = format!("A [`{}`] to be inserted.", model.name);
    quote! {
        #[doc = #doc]
        #[derive(::core::fmt::Debug, ::core::clone::Clone)]
        #[allow(unused_qualifications, private_interfaces, unreachable_pub, non_camel_case_types)]
        #vis struct #new { #(#fields),* }
    }
}

/// The builder and what it implements.
pub(super) fn expand(checked: &Checked, names: &Names) -> TokenStream {
    let Names { orm, new, builder, draft, missing, is_set, states, .. } = names;
    let Names { build, save, finish, .. } = names;
    let Model { ident: model, name, .. } = &checked.model;
    let door = quote! { #orm };

    let required: Vec<&Ident> = checked.model.required().map(|(field, _)| &field.ident).collect();
    // A key whose type is counted up by the database may be missing, and only the compiler knows whether it is.
    let by_type = checked.model.required().map(|(_, stored)| stored.insert() == Insert::GeneratedByType);
    let by_type: Vec<bool> = by_type.collect();
    let missing_states = required.iter().zip(&by_type).map(|(ident, by_type)| {
        if *by_type {
            quote! { pub struct #ident<K>(::core::marker::PhantomData<fn() -> K>); }
        } else {
            quote! { pub struct #ident; }
        }
    });
    let may_be_missing = required.iter().zip(&by_type).filter(|(_, by_type)| **by_type);
    let may_be_missing = may_be_missing.map(|(ident, _)| {
        quote! { impl<K: #orm::AutoKey> #is_set::#ident for #missing::#ident<K> {} }
    });
    let markers = checked.model.required().map(|(field, _)| {
        let (ident, field) = (&field.ident, &field.name);
        let message = format!("required field `{field}` of `{name}` is not set");
        let label = format!("call `.{ident}(..)` on the builder before this");
        quote! {
            #[diagnostic::on_unimplemented(message = #message, label = #label)]
            pub trait #ident {}
        }
    });
    let drafted = checked.model.inserted().map(|(_, field, stored)| {
        let (ident, value) = (&field.ident, value_type(stored, &door));
        match stored.insert() {
            Insert::NullableDefaulted => quote! { #ident: ::core::option::Option<::core::option::Option<#value>> },
            _ => quote! { #ident: ::core::option::Option<#value> },
        }
    });
    let setters = setters(checked, names);
    let child = complete_child(checked, names);
    let finished = checked.model.inserted().map(|(_, field, stored)| {
        let (ident, field) = (&field.ident, &field.name);
        match stored.insert() {
            Insert::Required => {
                quote! { #ident: #orm::required(self.draft.#ident, #name, #field)? }
            }
            Insert::Nullable
            | Insert::NullableDefaulted
            | Insert::Defaulted
            | Insert::Generated
            | Insert::GeneratedByType
            | Insert::Computed
            | Insert::ReadOnly => quote! { #ident: self.draft.#ident },
        }
    });

    quote! {
        pub mod #missing { #(#missing_states)* }
        pub mod #is_set { #(#markers)* }
        #(impl #is_set::#required for #orm::Set {})*
        #(#may_be_missing)*

        #[derive(::core::default::Default, ::core::clone::Clone)]
        pub struct #draft { #(#drafted),* }
        pub struct #builder<#(#states),*> {
            draft: #draft,
            state: ::core::marker::PhantomData<fn() -> (#(#states,)*)>,
        }
        impl<#(#states),*> ::core::clone::Clone for #builder<#(#states),*> {
            fn clone(&self) -> Self {
                #builder { draft: ::core::clone::Clone::clone(&self.draft), state: ::core::marker::PhantomData }
            }
        }
        impl<#(#states),*> #builder<#(#states),*> {
            #setters
            pub fn #build(self) -> #new
            where
                #(#states: #is_set::#required,)*
            {
                match self.#finish() {
                    ::core::result::Result::Ok(new) => new,
                    ::core::result::Result::Err(_) => ::core::unreachable!("every required field is set"),
                }
            }
            #[track_caller]
            pub fn #save(self, db: &dyn #orm::Executor) -> #orm::Result<#model>
            where
                #(#states: #is_set::#required,)*
            {
                #orm::insert::<#model>(self.#finish()?, db)
            }
            fn #finish(self) -> #orm::Result<#new> {
                ::core::result::Result::Ok(#new { #(#finished),* })
            }
        }
        #[automatically_derived]
        impl<#(#states: #is_set::#required),*> #orm::Complete<#model> for #builder<#(#states),*> {
            fn into_new(self) -> #orm::Result<#new> {
                self.#finish()
            }
        }
        #[automatically_derived]
        impl #orm::Complete<#model> for #new {
            fn into_new(self) -> #orm::Result<#new> {
                ::core::result::Result::Ok(self)
            }
        }
        #child
    }
}

/// One method for each column. A required one changes the type of the builder.
fn setters(checked: &Checked, names: &Names) -> TokenStream {
    let Names { orm, builder, states, .. } = names;
    let mut position = 0;
    let setters = checked.model.columns().map(|(field, stored)| {
        let ident = &field.ident;
        if stored.insert() == Insert::ReadOnly {
            // There to say why it is not.
            return quote! {
                #[doc(hidden)]
                pub fn #ident(self, value: impl #orm::SetByHand) -> Self {
                    self
                }
            };
        }
        let (argument, value) = setter_value(stored, names);
        let value = match stored.insert() {
            Insert::NullableDefaulted => quote! { ::core::option::Option::Some(#value) },
            _ => value,
        };
        if !stored.insert().is_asked_for() {
            return quote! {
                pub fn #ident(mut self, value: #argument) -> Self {
                    self.draft.#ident = #value;
                    self
                }
            };
        }
        let after = states.iter().enumerate().map(|(at, state)| {
            if at == position {
                quote! { #orm::Set }
            } else {
                quote! { #state }
            }
        });
        let after: Vec<_> = after.collect();
        position += 1;
        quote! {
            pub fn #ident(mut self, value: #argument) -> #builder<#(#after),*> {
                self.draft.#ident = #value;
                #builder { draft: self.draft, state: ::core::marker::PhantomData }
            }
        }
    });
    setters.collect()
}

/// What a setter takes, and the `Option` it puts into the draft.
fn setter_value(stored: &Stored, names: &Names) -> (TokenStream, TokenStream) {
    let Names { orm, .. } = names;
    let value = match &stored.shape {
        Shape::ForeignKey(key) => {
            let target = &key.target;
            let id = quote_spanned! {target.span()=> #target, <#target as #orm::Model>::Key };
            return if stored.nullable {
                (quote! { impl #orm::IntoOptKey<#id> }, quote! { #orm::IntoOptKey::<#id>::into_opt_key(value) })
            } else {
                let key = quote! { #orm::IntoKey::<#id>::into_key(value) };
                (quote! { impl #orm::IntoKey<#id> }, quote! { ::core::option::Option::Some(#key) })
            };
        }
        Shape::Plain { value } | Shape::Deferred { value } => value,
    };
    if stored.nullable {
        let value = quote! { ::core::option::Option<#value> };
        (quote! { impl #orm::IntoField<#value> }, quote! { #orm::IntoField::<#value>::into_field(value) })
    } else if symbol::SCALARS.contains(&names::last_word(value).as_str()) {
        (quote! { #value }, quote! { ::core::option::Option::Some(value) })
    } else {
        let field = quote! { #orm::IntoField::<#value>::into_field(value) };
        (quote! { impl #orm::IntoField<#value> }, quote! { ::core::option::Option::Some(#field) })
    }
}

/// The builder of a row that is inserted through the rows it points at, which fill in the foreign keys: only the plain
/// fields must be set.
fn complete_child(checked: &Checked, names: &Names) -> TokenStream {
    let Names { orm, new, builder, is_set, states, finish, .. } = names;
    let model = &checked.model.ident;
    let bounds = states.iter().zip(checked.model.required()).map(|(state, (field, stored))| {
        let ident = &field.ident;
        match stored.shape {
            Shape::ForeignKey(_) => quote! { #state },
            Shape::Plain { .. } | Shape::Deferred { .. } => quote! { #state: #is_set::#ident },
        }
    });
    let arms = checked.model.columns().filter_map(|(field, stored)| foreign_key_arm(field, stored, names));
    quote! {
        #[automatically_derived]
        impl<#(#bounds),*> #orm::CompleteChild<#model> for #builder<#(#states),*> {
            fn into_child(mut self, keys: &[(usize, #orm::KeyRef<'_>)]) -> #orm::Result<#new> {
                for (slot, key) in keys.iter().copied() {
                    match slot {
                        #(#arms)*
                        _ => {}
                    }
                }
                self.#finish()
            }
        }
    }
}

fn foreign_key_arm(field: &Field, stored: &Stored, names: &Names) -> Option<TokenStream> {
    let Names { orm, .. } = names;
    let (ident, target) = (&field.ident, &stored.foreign_key()?.target);
    let slot = Literal::usize_unsuffixed(field.slot?);
    let key = quote_spanned! {target.span()=> <#target as #orm::Model>::Key };
    let value = quote! { <#key as #orm::PrimaryKey>::from_key_ref(key) };
    Some(match stored.insert() {
        Insert::NullableDefaulted => quote! { #slot => self.draft.#ident = ::core::option::Option::Some(#value), },
        _ => quote! { #slot => self.draft.#ident = #value, },
    })
}

/// The type of a column's value in an insert, without the `Option` of what may be left out.
pub(super) fn value_type(stored: &Stored, door: &TokenStream) -> TokenStream {
    match &stored.shape {
        Shape::Plain { value } | Shape::Deferred { value } => quote! { #value },
        Shape::ForeignKey(key) => {
            let target = &key.target;
            quote_spanned! {target.span()=> <#target as #door::Model>::Key }
        }
    }
}
