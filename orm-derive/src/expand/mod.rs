//! From a checked model to code: the insert type beside the struct, and everything else in one anonymous constant.
//!
//! The constant keeps the generated items out of the user's names and documentation. The code names only the facade's
//! `__private` module and spells out what the prelude would give, which a program may have shadowed.

mod builder;
mod column_type;
mod fallback;
mod fields;
mod meta;
mod model;
mod projection;
mod relations;
mod rules;
mod serialize;
mod writes;

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::DeriveInput;

pub(crate) use self::column_type::column_type;
pub(crate) use self::projection::{projection, projection_fallback};
use crate::model::{Checked, FieldKind, Link};
use crate::names::{self, Names};

/// The code of a model without a mistake.
pub(crate) fn model(checked: &Checked) -> TokenStream {
    let names = names_for(checked);
    let relations = relations::checks(checked, &names);
    assemble(checked, &names, &relations)
}

/// What stands beside the errors, so that the rest of the program finds what it uses.
///
/// Relations are not checked here: what is wrong with them is more likely the mistake that was reported.
pub(crate) fn fallback(input: &DeriveInput, checked: Option<&Checked>) -> TokenStream {
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    match checked {
        Some(checked) => assemble(checked, &names_for(checked), &TokenStream::new()),
        None => fallback::stub(input),
    }
}

fn assemble(checked: &Checked, names: &Names, relation_checks: &TokenStream) -> TokenStream {
    let Names { orm, .. } = names;
    let facade = &checked.model.facade;
    let insert_type = builder::insert_type(&checked.model, names);
    let items = [
        relations::statics(checked, names),
        meta::expand(checked, names),
        fields::expand(checked, names),
        relation_checks.clone(),
        builder::expand(checked, names),
        model::expand(checked, names),
        model::key_parts(checked, names),
        rules::expand(checked, names),
        writes::expand(checked, names),
        serialize::expand(checked, names),
    ];
    quote! {
        #insert_type

        #[allow(
            unused_qualifications, private_interfaces, private_bounds, unreachable_pub, non_camel_case_types,
            non_upper_case_globals, non_snake_case, dead_code, unused_variables, unused_mut, unreachable_code,
            deprecated, missing_docs, missing_debug_implementations,
            clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction
        )]
        const _: () = {
            use #facade::__private as #orm;
            #(#items)*
        };
    }
}

fn names_for(checked: &Checked) -> Names {
    let model = &checked.model;
    let mut used = BTreeSet::new();
    let mut add = |tokens: &dyn ToTokens| names::words(tokens.to_token_stream(), &mut used);
    add(&model.ident);
    add(&model.facade);
    for field in &model.fields {
        add(&field.ty);
        match &field.kind {
            FieldKind::Stored(stored) => {
                add(&stored.default);
                stored.rules().for_each(|rule| add(rule));
            }
            FieldKind::ManyToMany(relation) => {
                if let Link::Through { model, .. } = &relation.link {
                    add(model);
                }
            }
            _ => {}
        }
    }
    model.validators.iter().for_each(|validator| add(validator));
    let setters = model.columns().map(|(field, _)| field.name.clone()).collect();
    Names::new(&model.ident, &used, &setters, model.required().count())
}
