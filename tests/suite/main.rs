//! The library as a user sees it: behaviour through the public API, with the number of statements asserted for
//! everything that loads. One file for each feature.

#![allow(clippy::needless_borrows_for_generic_args, reason = "values and references to them are both tried")]

mod aggregates;
mod column_values;
mod bake;
mod bits;
mod cached;
mod cached_within;
mod cascades;
mod combine;
mod composite_keys;
mod counters;
mod dates;
mod enums;
mod exclusive;
mod faults;
mod fixtures;
mod functions;
mod groups;
mod hard_loading;
mod hostile;
mod hooks;
mod in_bulk;
mod kept;
mod lazy;
mod loading;
mod lookups;
mod newtypes;
mod on_commit;
mod outer;
mod pages;
mod paths;
mod peers;
mod plans;
mod prefetch;
mod projections;
mod querysets;
mod random_aggregates;
mod random_conditions;
mod random_loading;
mod raw;
mod relation_kinds;
mod report;
mod select_related;
mod serialize;
mod spans;
mod sql;
mod support;
mod transactions;
mod trees;
mod validation;
mod upserts;
mod windows;
mod writes;
mod wrong_input;
