//! The cases, by area: a name of the oracle, and the query that a user of this library would write.

use std::collections::HashMap;

use crate::Case;

/// Cases by name: each is a block whose value becomes canonical JSON.
macro_rules! cases {
    ($($id:literal => |$db:ident| $body:expr;)*) => {
        pub const CASES: &[(&str, $crate::Case)] =
            &[$(($id, |$db| Ok($crate::canon::Canon::canon(&$body)))),*];
    };
}

mod aggregates;
mod conditions;
mod expressions;
mod functions;
mod lookups;
mod more;
mod prefetch;
mod querysets;
mod raw;
mod related;
mod reports;
mod sets;
mod values;
mod windows;
mod write;

const AREAS: &[&[(&str, Case)]] = &[
    aggregates::CASES,
    conditions::CASES,
    expressions::CASES,
    functions::CASES,
    lookups::CASES,
    prefetch::CASES,
    querysets::CASES,
    raw::CASES,
    related::CASES,
    reports::CASES,
    sets::CASES,
    values::CASES,
    windows::CASES,
];

/// Cases that a typed API rules out: the program in `tests/ui/types` that does not compile.
const REFUSED: &[(&str, &str)] = &[
    ("slice-negative", "limit_of_a_negative_number.rs"),
    ("sr-reverse-error", "select_related_to_many.rs"),
    ("values-flat-error", "two_columns_as_one.rs"),
    ("values-unknown-field", "values_of_a_misspelt_field.rs"),
];

/// The functions of all cases.
pub fn all() -> HashMap<&'static str, Case> {
    let mut all = HashMap::new();
    for (id, case) in AREAS.iter().chain(more::AREAS).chain(write::AREAS).copied().flatten() {
        assert!(all.insert(*id, *case).is_none(), "two functions for {id}");
    }
    all
}

/// Every case that a typed API rules out, and the program.
pub fn refused() -> impl Iterator<Item = (&'static str, &'static str)> {
    REFUSED.iter().chain(write::REFUSED).copied()
}
