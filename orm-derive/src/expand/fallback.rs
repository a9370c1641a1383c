//! The stub for what has no named fields: enough of a model that foreign keys to it do not report it again.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::names;

pub(super) fn stub(input: &DeriveInput) -> TokenStream {
    let (ident, vis) = (&input.ident, &input.vis);
    let new = names::new_name(ident);
    quote! {
        #[doc(hidden)]
        #[allow(unreachable_pub, dead_code)]
        #vis struct #new;

        #[allow(private_interfaces, private_bounds, unreachable_pub, dead_code, unused_variables, clippy::all)]
        const _: () = {
            use ::eager_orm::__private as __orm;

            pub struct __Fields<R, K>(::core::marker::PhantomData<fn() -> (R, K)>);
            #[automatically_derived]
            impl<R, K> __orm::FieldsAt for __Fields<R, K> {
                fn at(path: __orm::Path) -> Self { __Fields(::core::marker::PhantomData) }
            }
            static __META: __orm::ModelMeta = __orm::ModelMeta {
                name: "", table: "", columns: &[], key: 0, keys: &[0], auto_key: false, slots: 0,
                relations: &[], ordering: &[], indexes: &[], checks: &[], slot_names: &[], defaults: |_, _| ::core::option::Option::None, ask: ::core::option::Option::None,
            };
            #[automatically_derived]
            impl __orm::Model for #ident {
                type Key = i64;
                type New = #new;
                type Builder = ();
                type Fields<R: __orm::Model, K: __orm::Kind> = __Fields<R, K>;
                const META: &'static __orm::ModelMeta = &__META;
                fn create() -> Self::Builder {}
                fn key(&self) -> Self::Key { ::core::unreachable!() }
                fn key_ref(&self) -> __orm::KeyRef<'_> { ::core::unreachable!() }
                fn decode(row: &mut __orm::Cursor<'_>) -> ::core::result::Result<Self, __orm::Mismatch> {
                    ::core::unreachable!()
                }
                fn bind(&self, column: usize) -> ::core::option::Option<__orm::Bind<'_>> {
                    ::core::option::Option::None
                }
                fn bind_row<'b>(new: &'b Self::New, row: &mut __orm::PreparedRow<'_, 'b>) {
                    ::core::unreachable!()
                }
                fn bind_new(new: &Self::New, column: usize) -> ::core::option::Option<__orm::Bind<'_>> {
                    ::core::option::Option::None
                }
                fn fill(new: &mut Self::New) {}
                fn from_new(
                    new: Self::New, rowid: i64, origin: __orm::Origin<'_>,
                ) -> ::core::result::Result<Self, __orm::Mismatch> {
                    ::core::unreachable!()
                }
                fn list_keys(&self, members: &mut __orm::Members) {}
                fn handle(&self, slot: usize) -> ::core::option::Option<__orm::Handle<'_>> {
                    ::core::option::Option::None
                }
                fn forget(&mut self) {}
            }
        };
    }
}
