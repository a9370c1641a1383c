//! The derive macros of eager-orm.
//!
//! A derive is a small compiler: `parse` reads the struct and its attributes, `check` asks the rules that cross
//! fields, `expand` writes the code. This file holds the entry points only. Programs do not depend on this crate:
//! they use the macros that `eager_orm` exports, next to the traits of the same names.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod check;
mod column_type;
mod derive;
mod errors;
mod expand;
mod model;
mod names;
mod parse;
mod projection;
mod symbol;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

#[doc = include_str!("../docs/attributes.md")]
#[proc_macro_derive(Model, attributes(model, field, relation, serde))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derive::model(&input).into()
}

#[doc = include_str!("../docs/db_enum.md")]
#[proc_macro_derive(DbEnum, attributes(db))]
pub fn derive_db_enum(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derive::db_enum(&input).into()
}

#[doc = include_str!("../docs/db_value.md")]
#[proc_macro_derive(DbValue, attributes(db))]
pub fn derive_db_value(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derive::db_value(&input).into()
}

#[doc = include_str!("../docs/projection.md")]
#[proc_macro_derive(Projection, attributes(projection))]
pub fn derive_projection(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derive::projection(&input).into()
}
