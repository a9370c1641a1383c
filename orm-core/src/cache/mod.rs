//! Results that are remembered.
//!
//! Comes in: a key, and how to compute what belongs to it. Goes out: a shared value that is what the database says now,
//! or as old as the caller allows. Whether it is, `db` knows (`db/fresh.rs`); this room knows who was asked for last, and how
//! much is kept. `store.rs` is the memory, `face.rs` what a user keeps in it by hand.

mod face;
mod key;
mod store;

pub use face::Cache;
pub(crate) use key::KeyWriter;
pub use store::CacheStats;
pub(crate) use store::{Age, store};
