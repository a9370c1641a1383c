//! The testing kit: rows made for tests, databases for them, and fixtures as JSON.
//!
//! Behind the feature `testing`. Everything here stands on what every program uses: models' descriptions, the SQL tree,
//! transactions. [`bake`] works on untyped rows of binds, so it costs the compiler nothing for each model; the types are
//! in the closures that say what is given.

mod apart;
mod ask;
mod bake;
mod check;
mod children;
mod database;
mod fixture;
mod given;
mod insert;
mod make;
mod order;
mod plan;
mod relatives;

pub use bake::{Bake, bake};
pub use database::{database, rolled_back};
pub use fixture::{dump, load};
pub use given::{GivenSet, Varied};
pub use relatives::{RelatedRows, Relatives};
