//! `impl Model`: how rows become values of the struct and values become rows.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use super::{builder, rules, writes};
use crate::model::{Checked, Field, FieldKind, Insert, Shape, Source, Stored};
use crate::names::{self, Names};

pub(super) fn expand(checked: &Checked, names: &Names) -> TokenStream {
    let Names { orm, new, fields, builder, missing, meta, .. } = names;
    let model = &checked.model.ident;
    let required = checked.model.required().map(|(field, stored)| {
        let (ident, ty) = (&field.ident, &field.ty);
        if stored.insert() == Insert::GeneratedByType {
            quote! { #ident<#ty> }
        } else {
            quote! { #ident }
        }
    });
    // Without a key there is an error already: the rest of the program may go on as if it were an `i64`.
    let (key_type, key, key_ref) = match &checked.key {
        Some(key) if !key.columns.is_empty() => composite_key(checked, &key.columns, names),
        Some(key) => {
            let (ident, ty) = (&key.ident, &key.ty);
            (
                quote! { #ty },
                quote! { ::core::clone::Clone::clone(&self.#ident) },
                quote! { #orm::PrimaryKey::key_ref(&self.#ident) },
            )
        }
        None => (quote! { i64 }, quote! { ::core::unreachable!() }, quote! { ::core::unreachable!() }),
    };

    let decoded = checked.model.fields.iter().map(|field| decoded(field, names));
    let mut column = 0;
    let from_new: Vec<_> = checked
        .model
        .fields
        .iter()
        .map(|field| {
            let value = from_new(field, column, names);
            column += usize::from(matches!(field.kind, FieldKind::Stored(_)));
            value
        })
        .collect();
    let binds = checked.model.columns().enumerate().map(|(column, (field, stored))| {
        let (column, value) = (Literal::usize_unsuffixed(column), bind(field, stored, names));
        quote! { #column => #value, }
    });
    let new_binds = checked.model.inserted().map(|(column, field, stored)| {
        let (column, value) = (Literal::usize_unsuffixed(column), bind_new(field, stored, names));
        quote! { #column => ::core::option::Option::Some(#value), }
    });
    let row_binds = checked.model.inserted().map(|(column, field, stored)| {
        let (column, value) = (Literal::usize_unsuffixed(column), bind_new(field, stored, names));
        quote! { row.bind(#value, ::core::option::Option::Some(#column)); }
    });
    let clock = checked.model.columns().any(|(_, stored)| stored.auto.is_some());
    let clock = clock.then(|| quote! { let now = #orm::Now::read(); });
    let new_of = new_of(checked, names);
    let fills = checked.model.columns().filter_map(|(field, stored)| {
        let (ident, value) = (&field.ident, filling(field, stored, names)?);
        let value = match stored.insert() {
            Insert::NullableDefaulted => quote! { ::core::option::Option::Some(#value) },
            _ => value,
        };
        Some(quote! {
            if new.#ident.is_none() {
                new.#ident = ::core::option::Option::Some(#value);
            }
        })
    });
    let nullable = checked.model.columns().any(|(_, stored)| stored.nullable && stored.foreign_key().is_some());
    let nullable = nullable.then(|| quote! { #[automatically_derived] impl #orm::NullableKey for #model {} });
    let handles = checked.model.fields.iter().filter_map(|field| handle(field, names));
    let foreign = checked.model.columns().filter(|(_, stored)| stored.foreign_key().is_some());
    let foreign = foreign.map(|(field, _)| &field.ident);
    let memos = checked.model.fields.iter().filter(|field| matches!(field.kind, FieldKind::Memo));
    let memos = memos.map(|field| &field.ident);

    let rules = rules::methods(checked, names);
    let writes = writes::methods(checked, names);

    quote! {
        #nullable
        #[automatically_derived]
        impl #orm::Model for #model {
            type Key = #key_type;
            type New = #new;
            type Builder = #builder<#(#missing::#required),*>;
            type Fields<R: #orm::Model, K: #orm::Kind> = #fields<R, K>;
            const META: &'static #orm::ModelMeta = &#meta;

            fn create() -> Self::Builder {
                #builder { draft: ::core::default::Default::default(), state: ::core::marker::PhantomData }
            }
            fn key(&self) -> Self::Key {
                #key
            }
            fn key_ref(&self) -> #orm::KeyRef<'_> {
                #key_ref
            }
            fn decode(row: &mut #orm::Cursor<'_>) -> ::core::result::Result<Self, #orm::Mismatch> {
                ::core::result::Result::Ok(Self { #(#decoded),* })
            }
            fn bind(&self, column: usize) -> ::core::option::Option<#orm::Bind<'_>> {
                match column {
                    #(#binds)*
                    _ => ::core::option::Option::None,
                }
            }
            fn bind_new(new: &#new, column: usize) -> ::core::option::Option<#orm::Bind<'_>> {
                match column {
                    #(#new_binds)*
                    _ => ::core::option::Option::None,
                }
            }
            fn bind_row<'b>(new: &'b #new, row: &mut #orm::PreparedRow<'_, 'b>) {
                #(#row_binds)*
            }
            #new_of
            fn fill(new: &mut #new) {
                #clock
                #(#fills)*
            }
            #rules
            #writes
            fn from_new(
                new: #new,
                rowid: i64,
                origin: #orm::Origin<'_>,
            ) -> ::core::result::Result<Self, #orm::Mismatch> {
                ::core::result::Result::Ok(Self { #(#from_new),* })
            }
            #[inline]
            fn list_keys(&self, members: &mut #orm::Members) {
                members.row(#key_ref);
                #(members.foreign(#orm::StoredKey::handle(&self.#foreign).key());)*
            }
            fn handle(&self, slot: usize) -> ::core::option::Option<#orm::Handle<'_>> {
                match slot {
                    #(#handles)*
                    _ => ::core::option::Option::None,
                }
            }
            fn forget(&mut self) {
                #(self.#memos.clear();)*
            }
        }
    }
}

/// The type of a key of several columns, its value, and its values where they are still apart.
fn composite_key(checked: &Checked, columns: &[usize], names: &Names) -> (TokenStream, TokenStream, TokenStream) {
    let Names { orm, .. } = names;
    let parts = || columns.iter().filter_map(|column| checked.model.columns().nth(*column));
    let types = parts().map(|(_, stored)| builder::value_type(stored, &quote! { #orm }));
    let values: Vec<_> = parts()
        .map(|(field, stored)| {
            let ident = &field.ident;
            if stored.foreign_key().is_some() {
                quote! { self.#ident.key() }
            } else {
                quote! { &self.#ident }
            }
        })
        .collect();
    (
        quote! { (#(#types,)*) },
        quote! { (#(::core::clone::Clone::clone(#values),)*) },
        quote! { #orm::KeyRef::Parts(self) },
    )
}

/// `impl KeyParts`, of a model whose key has several columns.
pub(super) fn key_parts(checked: &Checked, names: &Names) -> TokenStream {
    let Names { orm, .. } = names;
    let model = &checked.model.ident;
    let Some(key) = checked.key.as_ref().filter(|key| !key.columns.is_empty()) else { return TokenStream::new() };
    let count = Literal::usize_unsuffixed(key.columns.len());
    let parts = key.columns.iter().filter_map(|column| checked.model.columns().nth(*column));
    let arms = parts.enumerate().map(|(number, (field, stored))| {
        let (number, ident) = (Literal::usize_unsuffixed(number), &field.ident);
        let value = if stored.foreign_key().is_some() {
            quote! { self.#ident.key() }
        } else {
            quote! { &self.#ident }
        };
        quote! { #number => ::core::option::Option::Some(#orm::PrimaryKey::key_ref(#value)), }
    });
    quote! {
        #[automatically_derived]
        impl #orm::KeyParts for #model {
            fn parts(&self) -> usize {
                #count
            }
            fn part(&self, number: usize) -> ::core::option::Option<#orm::KeyRef<'_>> {
                match number {
                    #(#arms)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    }
}

/// A row to be inserted, of values: for rules that are asked of a link, and for the testing kit, where that is compiled in.
fn new_of(checked: &Checked, names: &Names) -> TokenStream {
    if !cfg!(feature = "testing") && !checked.model.has_rules() {
        return TokenStream::new();
    }
    let Names { orm, new, .. } = names;
    let fields = checked.model.inserted().map(|(column, field, stored)| {
        let (column, ident, place) = (Literal::usize_unsuffixed(column), &field.ident, stored.place());
        let orm = names::at(orm, place);
        let value = builder::value_type(stored, &quote! { #orm });
        let value = match stored.insert() {
            Insert::Required => quote_spanned! {place=> #orm::made::<#value>(binds, #column)? },
            Insert::Nullable
            | Insert::Defaulted
            | Insert::Generated
            | Insert::GeneratedByType
            | Insert::Computed
            | Insert::ReadOnly => {
                quote_spanned! {place=> #orm::made::<::core::option::Option<#value>>(binds, #column)? }
            }
            Insert::NullableDefaulted => quote_spanned! {place=>
                ::core::option::Option::Some(#orm::made::<::core::option::Option<#value>>(binds, #column)?)
            },
        };
        quote! { #ident: #value }
    });
    quote! {
        fn new_of(
            binds: &[#orm::Bind<'static>],
        ) -> ::core::option::Option<::core::result::Result<#new, #orm::Mismatch>> {
            let new = || ::core::result::Result::Ok(#new { #(#fields),* });
            ::core::option::Option::Some(new())
        }
    }
}

/// A field of a row that was read.
fn decoded(field: &Field, names: &Names) -> TokenStream {
    let (ident, ty, slot) = (&field.ident, &field.ty, slot(field));
    let FieldKind::Stored(stored) = &field.kind else {
        return unstored(field, names, &quote! { row });
    };
    let place = stored.place();
    let orm = names::at(&names.orm, place);
    let value = match stored.shape {
        Shape::Plain { .. } => quote_spanned! {place=> row.value::<#ty>() },
        Shape::Deferred { .. } => quote_spanned! {place=> #orm::Deferred::decode(row, #slot) },
        Shape::ForeignKey(_) => quote_spanned! {place=> #orm::StoredKey::decode(row, #slot) },
    };
    quote! { #ident: #value? }
}

/// A field of a row that was inserted.
fn from_new(field: &Field, column: usize, names: &Names) -> TokenStream {
    let Names { orm, .. } = names;
    let (ident, ty, slot) = (&field.ident, &field.ty, slot(field));
    let FieldKind::Stored(stored) = &field.kind else {
        return unstored(field, names, &quote! { origin });
    };
    let column = Literal::usize_unsuffixed(column);
    let value = match stored.insert() {
        Insert::Required | Insert::Nullable => quote! { new.#ident },
        Insert::ReadOnly => {
            let value = writes::read_type(field, stored);
            quote! { origin.returned::<#value>(#column)? }
        }
        Insert::Computed => {
            let value = writes::read_type(field, stored);
            quote! {
                match new.#ident {
                    ::core::option::Option::Some(value) => value,
                    ::core::option::Option::None => origin.returned::<#value>(#column)?,
                }
            }
        }
        Insert::Defaulted | Insert::NullableDefaulted => quote! { #orm::filled(new.#ident)? },
        Insert::Generated | Insert::GeneratedByType => quote! {
            match new.#ident {
                ::core::option::Option::Some(key) => key,
                ::core::option::Option::None => <#ty as #orm::PrimaryKey>::from_rowid(rowid)?,
            }
        },
    };
    match stored.shape {
        Shape::Plain { .. } => quote! { #ident: #value },
        Shape::Deferred { .. } => {
            quote! { #ident: #orm::Deferred::at(#value, origin.place(#slot)) }
        }
        Shape::ForeignKey(_) if stored.nullable => {
            quote! { #ident: #value.map(|key| #orm::ForeignKey::at(key, origin.place(#slot))) }
        }
        Shape::ForeignKey(_) => {
            quote! { #ident: #orm::ForeignKey::at(#value, origin.place(#slot)) }
        }
    }
}

/// A field without a column: it knows its place in the result, and loads from there.
fn unstored(field: &Field, names: &Names, source: &TokenStream) -> TokenStream {
    let Names { orm, .. } = names;
    let (ident, slot) = (&field.ident, slot(field));
    let handle = match &field.kind {
        FieldKind::HasMany(_) => quote! { HasMany },
        FieldKind::HasOne(_) => quote! { HasOne },
        FieldKind::ManyToMany(_) => quote! { ManyToMany },
        FieldKind::Prefetched { .. } => quote! { Prefetched },
        FieldKind::Memo => return quote! { #ident: #orm::Memo::new() },
        FieldKind::Stored(_) | FieldKind::Unreadable => {
            return quote! { #ident: ::core::unreachable!() };
        }
    };
    quote! { #ident: #orm::#handle::at(#source.place(#slot)) }
}

fn bind(field: &Field, stored: &Stored, names: &Names) -> TokenStream {
    let ident = &field.ident;
    let place = stored.place();
    let orm = names::at(&names.orm, place);
    match stored.shape {
        Shape::Plain { .. } => {
            quote_spanned! {place=> ::core::option::Option::Some(#orm::Value::bind(&self.#ident)) }
        }
        Shape::Deferred { .. } => quote_spanned! {place=> self.#ident.stored() },
        Shape::ForeignKey(_) => {
            quote_spanned! {place=> ::core::option::Option::Some(#orm::StoredKey::bind(&self.#ident)) }
        }
    }
}

/// The value of a field of a row to be inserted.
fn bind_new(field: &Field, stored: &Stored, names: &Names) -> TokenStream {
    let (ident, place) = (&field.ident, stored.place());
    let orm = names::at(&names.orm, place);
    match stored.insert() {
        Insert::NullableDefaulted => quote_spanned! {place=>
            match &new.#ident {
                ::core::option::Option::Some(value) => #orm::Value::bind(value),
                ::core::option::Option::None => #orm::Bind::Null,
            }
        },
        _ => quote_spanned! {place=> #orm::Value::bind(&new.#ident) },
    }
}

fn handle(field: &Field, names: &Names) -> Option<TokenStream> {
    let Names { orm, .. } = names;
    let ident = &field.ident;
    field.slot?;
    let slot = slot(field);
    let handle = match &field.kind {
        FieldKind::Stored(stored) if stored.foreign_key().is_some() => {
            quote! { #orm::StoredKey::handle(&self.#ident) }
        }
        _ => quote! { self.#ident.handle() },
    };
    Some(quote! { #slot => ::core::option::Option::Some(#handle), })
}

/// What is filled in where a new row says nothing.
fn filling(field: &Field, stored: &Stored, names: &Names) -> Option<TokenStream> {
    let Names { orm, .. } = names;
    let default = names::default_of(&field.ident);
    if stored.auto.is_some() {
        return Some(quote! { #default(&now) });
    }
    if let Source::Version { .. } = stored.source {
        return Some(quote! { #orm::FIRST_VERSION as _ });
    }
    stored.default.as_ref()?;
    Some(quote! { #default() })
}

/// The default as a value of the column.
pub(super) fn default(stored: &Stored, value: &Expr, names: &Names) -> TokenStream {
    let Names { orm, .. } = names;
    match &stored.shape {
        Shape::ForeignKey(key) => {
            let target = &key.target;
            quote! { #orm::IntoKey::<#target, <#target as #orm::Model>::Key>::into_key(#value) }
        }
        // `.into()` chooses its type by what is expected of it, and a second conversion would expect nothing.
        Shape::Plain { value: ty } | Shape::Deferred { value: ty }
            if names::last_word(ty) == "String" && !is_into(value) =>
        {
            quote! { #orm::IntoField::<#ty>::into_field(#value) }
        }
        Shape::Plain { .. } | Shape::Deferred { .. } => quote! { #value },
    }
}

fn is_into(value: &Expr) -> bool {
    matches!(value, Expr::MethodCall(call) if call.method == "into")
}

fn slot(field: &Field) -> Literal {
    Literal::usize_unsuffixed(field.slot.unwrap_or_default())
}
