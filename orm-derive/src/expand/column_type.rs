//! What a column type of the user's own implements: `Value`, and whatever a value of the library's own types can stand for.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Member, Type};

use crate::column_type::{ColumnType, Kind, Variant};
use crate::{model, names};

/// The code of a column type.
pub(crate) fn column_type(ty: &ColumnType) -> TokenStream {
    let facade = &ty.facade;
    let ident = &ty.ident;
    let items = match &ty.kind {
        Kind::Newtype { member, inner, checked } => newtype(ty, member, inner, *checked),
        Kind::StoredAs { stored } => stored_as(ty, stored),
        Kind::Texts(variants) => texts(ty, variants),
        Kind::Integers(variants) => integers(ty, variants),
        Kind::Unreadable => {
            let unreachable = quote! { ::core::unreachable!() };
            value(
                ty,
                &quote! { __orm::Storage::Text },
                &quote! { __orm::Domain::Any },
                &[(); 3].map(|()| unreachable.clone()),
            )
        }
    };
    quote! {
        #[allow(
            unused_qualifications, private_interfaces, unused_variables, deprecated, missing_docs,
            clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction
        )]
        const _: () = {
            use #facade::__private as __orm;
            #items

            #[automatically_derived]
            impl __orm::Literal<#ident> for #ident {
                fn literal(&self) -> __orm::Bind<'_> {
                    __orm::Value::bind(self)
                }
            }
            #[automatically_derived]
            impl<R> __orm::Operand<R, #ident> for #ident {
                type Null = __orm::NotNull;
                type Kind = __orm::Lit;
                fn node(self) -> __orm::Node {
                    __orm::literal_node(&self)
                }
            }
            #[automatically_derived]
            impl<R> __orm::IntoExpr<R> for #ident {
                type T = #ident;
                type Kind = __orm::Lit;
                fn into_node(self) -> __orm::Node {
                    __orm::literal_node(&self)
                }
            }
            #[automatically_derived]
            impl<M> __orm::IntoKey<M, #ident> for #ident {
                fn into_key(self) -> #ident {
                    self
                }
            }
            #[automatically_derived]
            impl<M> __orm::IntoOptKey<M, #ident> for #ident {
                fn into_opt_key(self) -> ::core::option::Option<#ident> {
                    ::core::option::Option::Some(self)
                }
            }
            #[automatically_derived]
            impl<R, M> __orm::KeyOperand<R, M, #ident> for #ident {
                type Null = __orm::NotNull;
                fn key_node(self) -> __orm::Node {
                    __orm::literal_node(&self)
                }
            }
            #[automatically_derived]
            impl<R, M> __orm::KeyOperand<R, M, #ident> for &#ident {
                type Null = __orm::NotNull;
                fn key_node(self) -> __orm::Node {
                    __orm::literal_node(self)
                }
            }
        };
    }
}

/// `impl Value`: how a value is stored, read, bound, and shown in a record.
fn value(
    ty: &ColumnType,
    storage: &TokenStream,
    domain: &TokenStream,
    [read, bind, scalar]: &[TokenStream; 3],
) -> TokenStream {
    let ColumnType { ident, name, .. } = ty;
    quote! {
        #[automatically_derived]
        impl __orm::Value for #ident {
            type Base = #ident;
            type Null = __orm::NotNull;
            type Nullable = ::core::option::Option<#ident>;
            type Out = #ident;
            const STORAGE: __orm::Storage = #storage;
            const NAME: &'static str = #name;
            const DOMAIN: __orm::Domain = #domain;
            fn read(datum: __orm::Datum<'_>) -> ::core::result::Result<#ident, __orm::Mismatch> {
                #read
            }
            fn bind(&self) -> __orm::Bind<'_> {
                #bind
            }
            fn scalar(out: #ident) -> __orm::Scalar {
                #scalar
            }
        }
    }
}

fn newtype(ty: &ColumnType, member: &Member, inner: &Type, checked: bool) -> TokenStream {
    let ident = &ty.ident;
    let wrapped = if checked {
        quote! { __orm::accepted(<#ident as ::core::convert::TryFrom<#inner>>::try_from(inner)) }
    } else {
        quote! { ::core::result::Result::Ok(#ident { #member: inner }) }
    };
    // The type of the value in it is named once, so that what is wrong with it is said once.
    let value = value(
        ty,
        &quote! { <#ident as __orm::Inside>::STORAGE },
        &quote! { <#ident as __orm::Inside>::DOMAIN },
        &[
            quote! { __orm::read_inside(datum) },
            quote! { __orm::bind_inside(self) },
            quote! { __orm::scalar_inside(out) },
        ],
    );
    // Text lookups take the newtype, so they are as typed as any other.
    let text = (names::last_word(inner) == "String").then(|| {
        quote! {
            #[automatically_derived]
            impl __orm::TextBase for #ident {}
        }
    });
    let key = key(
        ty,
        &[
            quote! { __orm::PrimaryKey::key_ref(&self.#member) },
            quote! {
                let inner = <#inner as __orm::PrimaryKey>::from_key_ref(key)?;
                <#ident as __orm::Inside>::wrap(inner).ok()
            },
            quote! {
                let inner = <#inner as __orm::PrimaryKey>::from_rowid(rowid)?;
                <#ident as __orm::Inside>::wrap(inner)
            },
        ],
    );
    quote! {
        #value
        #[automatically_derived]
        impl __orm::Inside for #ident {
            type Inner = #inner;
            fn inner(&self) -> &#inner {
                &self.#member
            }
            fn into_inner(self) -> #inner {
                self.#member
            }
            fn wrap(inner: #inner) -> ::core::result::Result<#ident, __orm::Mismatch> {
                #wrapped
            }
        }
        #key
        #text
    }
}

fn stored_as(ty: &ColumnType, stored: &Type) -> TokenStream {
    let ident = &ty.ident;
    let place = model::place(stored);
    let to = quote! { <#stored as ::core::convert::From<&#ident>>::from };
    value(
        ty,
        &quote_spanned! {place=> <#stored as __orm::Value>::STORAGE },
        &quote! { <#stored as __orm::Value>::DOMAIN },
        &[
            quote! {
                let stored = <#stored as __orm::Value>::read(datum)?;
                __orm::accepted_of(datum, <#ident as ::core::convert::TryFrom<#stored>>::try_from(stored))
            },
            quote! { __orm::Value::bind(&#to(self)).into_owned() },
            quote! { <#stored as __orm::Value>::scalar(#to(&out)) },
        ],
    )
}

fn texts(ty: &ColumnType, variants: &[Variant]) -> TokenStream {
    let ident = &ty.ident;
    let variant = variants.iter().map(|variant| &variant.ident);
    let name: Vec<&String> = variants.iter().map(|variant| &variant.name).collect();
    let bytes = name.iter().map(|name| Literal::byte_string(name.as_bytes()));
    let value = value(
        ty,
        &quote! { __orm::Storage::Text },
        &quote! { __orm::Domain::Texts(&[#(#name),*]) },
        &[
            quote! {
                match datum {
                    #(__orm::Datum::Text(#bytes) => ::core::result::Result::Ok(#ident::#variant),)*
                    other => ::core::result::Result::Err(__orm::no_variant::<#ident>(other)),
                }
            },
            quote! { __orm::Bind::Text(::std::borrow::Cow::Borrowed(__orm::DbEnum::as_str(self))) },
            quote! { __orm::Scalar::Text(::std::borrow::ToOwned::to_owned(__orm::DbEnum::as_str(&out))) },
        ],
    );
    let key = key(
        ty,
        &[
            quote! { __orm::KeyRef::Text(__orm::DbEnum::as_str(self)) },
            quote! {
                match key {
                    __orm::KeyRef::Text(text) => <#ident as __orm::Value>::read(__orm::Datum::Text(text.as_bytes())).ok(),
                    _ => ::core::option::Option::None,
                }
            },
            quote! { <#ident as __orm::Value>::read(__orm::Datum::Integer(rowid)) },
        ],
    );
    let named = db_enum(ty, variants);
    quote! { #value #named #key }
}

fn integers(ty: &ColumnType, variants: &[Variant]) -> TokenStream {
    let ident = &ty.ident;
    let variant: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let value = value(
        ty,
        &quote! { __orm::Storage::Integer },
        &quote! { __orm::Domain::Integers(&[#(#ident::#variant as i64),*]) },
        &[
            quote! {
                match datum {
                    #(__orm::Datum::Integer(value) if value == #ident::#variant as i64 => {
                        ::core::result::Result::Ok(#ident::#variant)
                    })*
                    other => ::core::result::Result::Err(__orm::no_variant::<#ident>(other)),
                }
            },
            quote! { __orm::Bind::Integer(match self { #(#ident::#variant => #ident::#variant as i64),* }) },
            quote! { __orm::Scalar::Integer(match out { #(#ident::#variant => #ident::#variant as i64),* }) },
        ],
    );
    let key = key(
        ty,
        &[
            quote! { __orm::KeyRef::Int(match self { #(#ident::#variant => #ident::#variant as i64),* }) },
            quote! {
                match key {
                    __orm::KeyRef::Int(number) => <#ident as __orm::Value>::read(__orm::Datum::Integer(number)).ok(),
                    _ => ::core::option::Option::None,
                }
            },
            quote! { <#ident as __orm::Value>::read(__orm::Datum::Integer(rowid)) },
        ],
    );
    let named = db_enum(ty, variants);
    quote! { #value #named #key }
}

/// `impl DbEnum`.
fn db_enum(ty: &ColumnType, variants: &[Variant]) -> TokenStream {
    let ident = &ty.ident;
    let variant: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let name = variants.iter().map(|variant| &variant.name);
    quote! {
        #[automatically_derived]
        impl __orm::DbEnum for #ident {
            const VARIANTS: &'static [#ident] = &[#(#ident::#variant),*];
            fn as_str(&self) -> &'static str {
                match self {
                    #(#ident::#variant => #name,)*
                }
            }
        }
    }
}

/// `impl Key`, where the type says that it is one.
fn key(ty: &ColumnType, [key_ref, from_key_ref, from_rowid]: &[TokenStream; 3]) -> TokenStream {
    let ColumnType { ident, key, .. } = ty;
    if !key {
        return TokenStream::new();
    }
    quote! {
        #[automatically_derived]
        impl __orm::Key for #ident {}
        #[automatically_derived]
        impl __orm::PrimaryKey for #ident {
            fn key_ref(&self) -> __orm::KeyRef<'_> {
                #key_ref
            }
            fn from_key_ref(key: __orm::KeyRef<'_>) -> ::core::option::Option<#ident> {
                #from_key_ref
            }
            fn from_rowid(rowid: i64) -> ::core::result::Result<#ident, __orm::Mismatch> {
                #from_rowid
            }
        }
    }
}
