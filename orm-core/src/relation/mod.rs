//! Relation handles: what a model's relation fields hold.
//!
//! | handle | who holds the column | leads to | how it loads |
//! |---|---|---|---|
//! | [`ForeignKey<T>`], `Option<ForeignKey<T>>` | this model | one row | by its key |
//! | [`HasOne<T>`] | the target, unique | one row or none | by the target's foreign key |
//! | [`HasMany<T>`] | the target | any number of rows | by the target's foreign key |
//! | [`ManyToMany<T>`] | a table between | any number of rows | joined with that table |
//! | [`Prefetched<T>`] | nobody | what a filtered prefetch put there | only by that prefetch |
//!
//! A handle is a place in the group of its result and runs SQL only in a method that takes a `db` (in the rooms `fetch`
//! and `manager`). `loaded`, `Debug`, `Clone`, `PartialEq` and `Serialize` never do, and an unloaded relation never
//! passes for an empty one.

mod deferred;
mod foreign_key;
mod into_key;
mod memo;
mod to_many;

pub use deferred::Deferred;
pub use foreign_key::{FlatKey, ForeignKey, StoredKey};
pub use into_key::{IntoKey, IntoOptKey};
pub use memo::Memo;
pub use to_many::{HasMany, HasOne, ManyToMany, Prefetched};
