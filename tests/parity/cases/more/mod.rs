//! More cases of the same kinds, whose questions and answers stand in `more.json`.

use crate::Case;

mod aggregates;
mod conditions;
mod expressions;
mod related;

pub const AREAS: &[&[(&str, Case)]] = &[aggregates::CASES, conditions::CASES, expressions::CASES, related::CASES];
